#include "api/idempotency.h"
#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/log.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/kept_files.h"
#include "features/attachments/parts.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"
#include "jobs/jobs.h"

namespace wardbook::attachments {
namespace {

constexpr std::size_t kDigestBytes = 32;

/// An object that is under the file's key for good: read, unless it is so large that its client
/// would wait for long: then nullopt.
Task<std::optional<Verdict>> verify_now(App& app, Attachment a, s3::ObjectInfo info) {
  const bool later =
      a.stored_size > app.settings.attachments.verify_at_once_bytes && !head_fault(a, info);
  if (later) co_return std::nullopt;
  co_return co_await verify_object(app.objects, std::move(a), std::move(info));
}

Task<s3::ObjectInfo> arrived_object(App& app, std::string key) {
  auto info = co_await app.objects.head(std::move(key));
  if (info) co_return std::move(*info);
  if (info.error().error == s3::S3Error::not_found) throw Failure(Code::upload_not_finished);
  throw store_failure(info.error());
}

/// Nobody can replace an object that was put together from parts: the upload that its parts' URLs
/// name has ended with it, and no other URL was ever made for its key.
Task<std::optional<Verdict>> verify_parts(App& app, TenantId tenant, Attachment a,
                                          std::optional<std::vector<NamedPart>> named) {
  const s3::Habits habits = co_await store_habits(app, std::move(tenant));
  const bool certain = co_await put_together(app, a, std::move(named), habits);
  auto info = co_await app.objects.head(a.s3_key);
  if (!info && info.error().error == s3::S3Error::not_found && certain) {
    throw Failure(Code::upload_not_finished);
  }
  if (!info) throw store_failure(info.error());
  co_return co_await verify_now(app, std::move(a), std::move(*info));
}

}  // namespace

Task<std::string> take_own_key(App& app, const api::Request& req, AttachmentId id) {
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const auto a = co_await tx.maybe_one(kLockAttachment, id);
  if (!a) throw Failure(Code::attachment_not_found);
  if (a->state != "pending") throw Failure(Code::attachment_not_available);
  const auto record = co_await tx.maybe_one(kRecordOfUpload, a->record_id);
  if (!record) throw Failure(Code::attachment_not_found);
  const Time now = app.clock.now();
  auto [version, key] = co_await free_key(tx, req.caller.tenant(), now, a->record_id, a->file_name);
  tx.queue(kMove, id, key);
  co_await tx.commit();
  co_return key;
}

Task<audit::Entry> queue_publish(db::Tx& tx, std::optional<AccountId> by, const Attachment& a,
                                 const Verdict& verdict, Time now, bool scan) {
  tx.queue(kPublish, a.id, verdict.file_size, verdict.sha256, verdict.stored_sha256,
           MaybeText(verdict.etag), format_rfc3339(now), verdict.stored_size,
           verdict.content_encoding, verdict.charset, scan);
  std::optional<db::Bytes> offsets;
  if (verdict.blocks.seekable()) offsets.emplace(verdict.blocks.offsets);
  tx.queue(kKeepBlocks, a.id, verdict.blocks.block_bytes, db::Bytes(verdict.blocks.digests),
           std::move(offsets));
  if (scan) {
    co_return audit::Entry{
        .action = "attachment.quarantine",
        .resource = "attachment",
        .resource_id = a.id.value,
        .patient = a.patient_id,
        .before = R"({"state":"pending"})",
        .after = R"({"state":"quarantined","sha256":)" + api::quoted(verdict.sha256) + "}"};
  }
  audit::Entry entry{
      .action = "attachment.publish",
      .resource = "attachment",
      .resource_id = a.id.value,
      .patient = a.patient_id,
      .before = R"({"state":"pending"})",
      .after = R"({"state":"available","sha256":)" + api::quoted(verdict.sha256) + "}"};
  co_return co_await keep_file(tx, a.id, by, std::move(entry));
}

Task<std::pair<std::int64_t, std::string>> free_key(db::Tx& tx, TenantId tenant, Time now,
                                                    RecordId record, std::string file_name) {
  const auto taken = co_await tx.all(kTaken, record);
  std::int64_t version = 1;
  for (const auto& other : taken) {
    if (other.file_name == file_name) version = std::max(version, other.version + 1);
  }
  const std::string name = safe_name(file_name);
  std::int64_t mark = version;
  std::string key = object_key(tenant, now, record, name, mark);
  while (std::ranges::find(taken, key, &Taken::key) != taken.end()) {
    key = object_key(tenant, now, record, name, ++mark);
  }
  co_return std::pair(version, key);
}

Task<s3::Habits> store_habits(App& app, TenantId tenant) {
  // Where the sweep finds it, should it stay.
  const std::string probe = tenant.str() + "/medical-records/probe/" + to_hex(random_bytes(16));
  const auto found = co_await app.objects.habits(probe);
  if (!found && found.error().error == s3::S3Error::unavailable) throw store_failure(found.error());
  s3::Habits habits;
  if (found) habits = *found;
  if (!app.settings.storage.conditional_put) habits.first_put_wins = false;
  co_return habits;
}

Task<std::optional<Verdict>> verify_upload(App& app, const api::Request& req, Attachment& a,
                                           std::optional<std::vector<NamedPart>> named) {
  const TenantId tenant = req.caller.tenant();
  if (a.in_parts) co_return co_await verify_parts(app, tenant, a, std::move(named));
  const std::string from = a.upload_key.value_or(a.s3_key);
  auto arrived = co_await arrived_object(app, from);
  if (!a.upload_key) co_return co_await verify_now(app, a, std::move(arrived));
  Verdict verdict;
  verdict.fault = head_fault(a, arrived);
  if (verdict.fault) co_return verdict;
  // A completion that began with a copy is not trusted to have ended.
  const s3::Habits habits = co_await store_habits(app, tenant);
  if (from == a.s3_key && habits.first_put_wins)
    co_return co_await verify_now(app, a, std::move(arrived));

  a.s3_key = co_await take_own_key(app, req, a.id);
  s3::CopyOptions options;
  options.replace = stored_with(a, tenant);
  const auto copied = co_await app.objects.copy(from, a.s3_key, std::move(options));
  if (!copied) {
    if (copied.error().error == s3::S3Error::not_found) throw Failure(Code::upload_not_finished);
    throw store_failure(copied.error());
  }
  auto own = co_await arrived_object(app, a.s3_key);
  co_return co_await verify_now(app, a, std::move(own));
}

Task<api::Response> publish(App& app, const api::Request& req, AttachmentId id,
                            std::optional<Verified> verified) {
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  auto a = co_await tx.maybe_one(kLockAttachment, id);
  if (!a) throw Failure(Code::attachment_not_found);
  const bool scan = !app.settings.attachments.scan.empty();
  const bool settled = a->state == "available" || a->state == "quarantined";
  if (!settled) {
    if (a->state != "pending" || !verified) throw Failure(Code::attachment_not_available);
    if (a->s3_key != verified->key) {
      throw Failure(Code::conflict, "Another completion of this upload is under way.");
    }
    w.log(co_await queue_publish(tx, req.caller.account, *a, verified->verdict, app.clock.now(),
                                 scan));
    a = co_await tx.one(kShowAttachment, id);
  } else {
    // Nothing is changed, and the answer shows the file.
    w.log({.action = "attachment.read",
           .resource = "attachment",
           .resource_id = a->id.value,
           .patient = a->patient_id});
  }
  req.saw("attachment", a->id.value, a->patient_id);
  api::Response response = api::ok(to_json(*a));
  response = co_await w.commit(std::move(response));
  if (scan && !settled) co_await tell_job(app.db, kScanningJob, req.caller.tenant());
  co_return response;
}

Task<> tell_job(db::Pool& db, std::string_view job, TenantId tenant) {
  try {
    const std::vector<TenantId> tenants{std::move(tenant)};
    co_await jobs::hint(db, std::string(job), tenants);
  } catch (const Failure&) {
    // The job looks at all hospitals now and then.
  }
}

namespace {

/// The answer to a completion whose file is read in the background: 202, and what there is of it.
Task<api::Response> answer_later(App& app, const api::Request& req, const Attachment& arrived) {
  const TenantId tenant = req.caller.tenant();
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  auto a = co_await tx.maybe_one(kLockAttachment, arrived.id);
  if (!a) throw Failure(Code::attachment_not_found);
  const bool waits = a->state == "pending";
  const bool settled = a->state == "available" || a->state == "quarantined";
  if (!waits && !settled) throw Failure(Code::attachment_not_available);
  if (waits && a->s3_key != arrived.s3_key) {
    throw Failure(Code::conflict, "Another completion of this upload is under way.");
  }
  const bool first = waits && !a->completed_at;
  if (first) tx.queue(kArrived, a->id, format_rfc3339(app.clock.now()), arrived.declared_sha256);
  constexpr audit::Action kComplete = "attachment.complete";
  constexpr audit::Action kRead = "attachment.read";
  w.log({.action = first ? kComplete : kRead,
         .resource = "attachment",
         .resource_id = a->id.value,
         .patient = a->patient_id});
  req.saw("attachment", a->id.value, a->patient_id);
  api::Response response = api::ok(to_json(*a));
  if (waits) response.status = 202;
  response = co_await w.commit(std::move(response));
  if (!first) co_return response;
  co_await tell_job(app.db, kVerificationJob, tenant);
  co_return response;
}

/// Verifies, publishes or rejects what has arrived for a pending upload.
Task<api::Response> complete_pending(App& app, const api::Request& req, Attachment a,
                                     std::optional<std::vector<NamedPart>> named) {
  if (a.completed_at) co_return co_await answer_later(app, req, a);
  auto verdict = co_await verify_upload(app, req, a, std::move(named));
  const bool copied = a.upload_key && *a.upload_key != a.s3_key;
  std::optional<api::Response> response;
  if (!verdict) {
    response = co_await answer_later(app, req, a);
  } else {
    std::optional<Verified> verified;
    if (!verdict->fault) {
      Verified found{a.s3_key, std::move(*verdict)};
      verified = std::move(found);
    } else if (co_await reject(app, req, a, *verdict->fault)) {
      throw Failure(Code::upload_mismatch, "The file was removed: " + *verdict->fault + ".");
    }
    const bool sound = verified.has_value();
    response = co_await publish(app, req, a.id, std::move(verified));
    if (!sound) co_return std::move(*response);
  }
  if (copied) (void)co_await remove_leftover(app.objects, a.id, *a.upload_key);
  co_return std::move(*response);
}

}  // namespace

Task<api::Response> complete_upload(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  std::vector<Fault> faults;
  api::Input in(req.object(), "", faults);
  auto named = named_parts(in, faults);
  MaybeText digest = in.text("sha256", api::Input::Need::optional, 64);
  if (digest) {
    const auto raw = from_hex(*digest);
    if (!raw || raw->size() != kDigestBytes) in.fault("sha256", "must be 64 hexadecimal digits");
    digest = to_hex(raw.value_or(""));
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  api::Earlier earlier = co_await api::earlier_request(app.db, req);
  if (auto answer = std::move(earlier).replay()) co_return std::move(*answer);
  Attachment a = co_await find_shown(app, req);
  if (a.purged) {
    throw Failure(Code::upload_mismatch, "The file was removed: it is not what was declared.");
  }
  if (!a.in_parts && named && !named->empty()) {
    throw Failure::invalid({{"/parts", "this upload has no parts"}});
  }
  if (named && named->empty()) named.reset();
  const bool other = digest && a.sha256.value_or(a.declared_sha256.value_or(*digest)) != *digest;
  if (other) throw Failure::invalid({{"/sha256", "is not that of the file"}});
  if (digest) a.declared_sha256 = std::move(digest);
  if (a.state == "pending") {
    co_return co_await complete_pending(app, req, std::move(a), std::move(named));
  }
  co_return co_await publish(app, req, a.id, std::nullopt);
}

}  // namespace wardbook::attachments

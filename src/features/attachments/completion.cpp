#include "api/idempotency.h"
#include "api/input.h"
#include "base/hash.h"
#include "base/log.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/kept_files.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

/// Gives a pending upload a new key, in a transaction of its own: what is copied there belongs to
/// this completion alone, however many there are and however late a copy arrives.
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

Task<> queue_publish(db::Tx& tx, const api::Request& req, const Attachment& a,
                     const Verdict& verdict, Time now) {
  tx.queue(kPublish, a.id, verdict.file_size, verdict.sha256, verdict.stored_sha256,
           MaybeText(verdict.etag), format_rfc3339(now));
  audit::Entry entry{
      .action = "attachment.publish",
      .resource = "attachment",
      .resource_id = a.id.value,
      .patient = a.patient_id,
      .before = R"({"state":"pending"})",
      .after = R"({"state":"available","sha256":)" + api::quoted(verdict.sha256) + "}"};
  co_await keep_file(tx, a.id, audit::actor_of(req), std::move(entry));
}

}  // namespace

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

Task<Verdict> verify_upload(App& app, const api::Request& req, Attachment& a) {
  const TenantId tenant = req.caller.tenant();
  if (!a.upload_key) co_return co_await verify_object(app.objects, a);
  const std::string from = *a.upload_key;
  const auto arrived = co_await app.objects.head(from);
  if (!arrived) {
    if (arrived.error().error == s3::S3Error::not_found) throw Failure(Code::upload_not_finished);
    throw store_failure(arrived.error());
  }
  Verdict verdict;
  verdict.fault = head_fault(a, *arrived);
  if (verdict.fault) co_return verdict;
  // A completion that began with a copy is not trusted to have ended.
  const s3::Habits habits = co_await store_habits(app, tenant);
  if (from == a.s3_key && habits.first_put_wins)
    co_return co_await verify_object(app.objects, a, *arrived);

  a.s3_key = co_await take_own_key(app, req, a.id);
  s3::CopyOptions options;
  options.replace = stored_with(a, tenant);
  const auto copied = co_await app.objects.copy(from, a.s3_key, std::move(options));
  if (!copied) {
    if (copied.error().error == s3::S3Error::not_found) throw Failure(Code::upload_not_finished);
    throw store_failure(copied.error());
  }
  co_return co_await verify_object(app.objects, a);
}

Task<api::Response> publish(App& app, const api::Request& req, AttachmentId id,
                            std::optional<Verified> verified) {
  db::Tx tx = co_await api::begin_write(app.db, req);
  auto a = co_await tx.maybe_one(kLockAttachment, id);
  if (!a) throw Failure(Code::attachment_not_found);
  if (a->state != "available") {
    if (a->state != "pending" || !verified) throw Failure(Code::attachment_not_available);
    if (a->s3_key != verified->key) {
      throw Failure(Code::conflict, "Another completion of this upload is under way.");
    }
    co_await queue_publish(tx, req, *a, verified->verdict, app.clock.now());
    a = co_await tx.one(kShowAttachment, id);
  } else {
    // Nothing is changed, and the answer shows the file.
    audit::Entry seen{.action = "attachment.read",
                      .resource = "attachment",
                      .resource_id = a->id.value,
                      .patient = a->patient_id};
    audit::record(tx, audit::actor_of(req), std::move(seen));
  }
  req.saw("attachment", a->id.value, a->patient_id);
  api::Response response = api::ok(to_json(*a));
  response = co_await api::commit_write(tx, req, std::move(response));
  app.audit.touch(req.caller.tenant());
  co_return response;
}

Task<api::Response> complete_upload(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  std::vector<Fault> faults;
  api::Input in(req.object(), "", faults);
  if (const auto* parts = in.array("parts", api::Input::Need::optional, 10'000)) {
    if (!parts->empty()) in.fault("parts", "this upload has no parts");
  }
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  api::Earlier earlier = co_await api::earlier_request(app.db, req);
  api::replay_if_seen(std::move(earlier));
  Attachment a = co_await find_attachment(app, req);
  std::optional<Verified> verified;
  if (a.state == "pending") {
    Verdict verdict = co_await verify_upload(app, req, a);
    if (!verdict.fault) {
      Verified found{a.s3_key, std::move(verdict)};
      verified = std::move(found);
    } else if (co_await reject(app, req, a, *verdict.fault)) {
      throw Failure(Code::upload_mismatch, "The file was removed: " + *verdict.fault + ".");
    }
  }
  const bool copied = verified && a.upload_key && *a.upload_key != a.s3_key;
  api::Response response = co_await publish(app, req, a.id, std::move(verified));
  if (copied) {
    (void)co_await remove_leftover(app, a.id, *a.upload_key);
  }
  co_return response;
}

}  // namespace wardbook::attachments

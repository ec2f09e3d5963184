#include "api/input.h"
#include "api/write.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/kept_files.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

constexpr int kSweepBatch = 200;
constexpr int kKeyPage = 500;

audit::Entry entry_of(const Attachment& a, audit::Action action, std::string before,
                      std::string after) {
  return {.action = action,
          .resource = "attachment",
          .resource_id = a.id.value,
          .patient = a.patient_id,
          .before = "{\"state\":" + api::quoted(before) + "}",
          .after = "{\"state\":" + api::quoted(after) + "}"};
}

/// How far a sweep may go.
struct Bounds {
  std::function<void()> before_step;
  std::int64_t most = 0;
  void step() const {
    if (before_step) before_step();
  }
};

/// Ends expired uploads: the row first, so that a late `complete` finds it closed. Returns whether
/// there are more.
Task<bool> end_abandoned(db::Pool& db, TenantId tenant, std::chrono::seconds grace,
                         const Bounds& bounds, std::int64_t& count) {
  while (count < bounds.most) {
    bounds.step();
    db::Tx begun = co_await db.begin_job(tenant);
    api::Write w = api::write_over(audit::journal(), std::move(begun), {});
    db::Tx& tx = w.tx();
    const auto rows = co_await tx.all(kAbandoned, grace.count(), kSweepBatch);
    for (const auto& a : rows) {
      tx.queue(kReject, a.id, "the upload was abandoned");
      w.log_in(tenant, entry_of(a, "attachment.abandon", "pending", "rejected"));
    }
    co_await w.commit_logged_or_not();
    count += static_cast<std::int64_t>(rows.size());
    if (rows.size() < static_cast<std::size_t>(kSweepBatch)) co_return false;
  }
  co_return true;
}

/// The row first: once it says so, nobody restores a file whose bytes are about to go. An object
/// that is left over then, because the store is away or the process ends, is one without a row.
Task<bool> purge(db::Pool& db, s3::Store& store, TenantId tenant, int retention_days,
                 const Bounds& bounds, std::int64_t& count) {
  while (count < bounds.most) {
    bounds.step();
    std::optional<Attachment> a;
    {
      db::Tx begun = co_await db.begin_job(tenant);
      api::Write w = api::write_over(audit::journal(), std::move(begun), {});
      db::Tx& tx = w.tx();
      a = co_await tx.maybe_one(kToPurge, retention_days, store.options().bucket);
      if (!a) co_return false;
      tx.queue(kPurged, a->id);
      audit::Entry entry = entry_of(*a, "attachment.purge", a->state, "purged");
      if (a->state == "deleted") {
        entry = co_await keep_file(tx, a->id, std::nullopt, std::move(entry));
      }
      w.log_in(tenant, std::move(entry));
      co_await w.commit();
    }
    const auto removed = co_await store.remove_for_good(a->s3_key);
    if (!removed) throw store_failure(removed.error());
    ++count;
  }
  co_return true;
}

Task<std::int64_t> remove_unknown(db::Pool& db, s3::Store& store, TenantId tenant,
                                  std::vector<std::string> keys, const Bounds& bounds) {
  db::Tx tx = co_await db.begin_job(std::move(tenant));
  const auto unknown = co_await tx.all(kUnknownKeys, std::move(keys));
  co_await tx.commit();
  for (const auto& key : unknown) {
    bounds.step();
    const auto removed = co_await store.remove_for_good(key.value);
    if (!removed) throw store_failure(removed.error());
  }
  co_return static_cast<std::int64_t>(unknown.size());
}

/// Objects whose key no row has: a row is committed before its key is given out, so they are left
/// over from something that went wrong, or came by a URL that was used once more. A page at a time,
/// however many there are.
Task<std::int64_t> remove_orphans(db::Pool& db, s3::Store& store, TenantId tenant,
                                  const Bounds& bounds) {
  const std::string prefix = tenant.str() + "/medical-records/";
  std::int64_t count = 0;
  std::string token;
  do {
    bounds.step();
    auto page = co_await store.list_page(prefix, token, kKeyPage);
    if (!page) throw store_failure(page.error());
    std::vector<std::string> keys;
    for (auto& object : page->objects) keys.push_back(std::move(object.key));
    if (!keys.empty()) count += co_await remove_unknown(db, store, tenant, std::move(keys), bounds);
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return count;
}

Task<std::int64_t> abort_unknown(db::Pool& db, s3::Store& store, TenantId tenant,
                                 std::vector<s3::StaleUpload> uploads, const Bounds& bounds) {
  std::vector<std::string> keys;
  std::vector<std::string> ids;
  for (auto& upload : uploads) {
    keys.push_back(std::move(upload.key));
    ids.push_back(std::move(upload.upload_id));
  }
  db::Tx tx = co_await db.begin_job(std::move(tenant));
  const auto unknown = co_await tx.all(kUnknownUploads, std::move(keys), std::move(ids));
  co_await tx.commit();
  for (const auto& upload : unknown) {
    bounds.step();
    const auto aborted = co_await store.abort_upload(upload.key, upload.id);
    if (!aborted) throw store_failure(aborted.error());
  }
  co_return static_cast<std::int64_t>(unknown.size());
}

/// Uploads in parts that no pending file has, page by page: their parts cost money and show in no
/// list of objects.
Task<std::int64_t> abort_uploads(db::Pool& db, s3::Store& store, TenantId tenant,
                                 const Bounds& bounds) {
  const std::string prefix = tenant.str() + "/medical-records/";
  std::int64_t count = 0;
  std::string key_marker;
  std::string id_marker;
  do {
    bounds.step();
    auto page = co_await store.list_uploads_page(prefix, key_marker, id_marker);
    if (!page) throw store_failure(page.error());
    if (!page->uploads.empty()) {
      count += co_await abort_unknown(db, store, tenant, std::move(page->uploads), bounds);
    }
    key_marker = std::move(page->next_key_marker);
    id_marker = std::move(page->next_upload_id_marker);
  } while (!key_marker.empty());
  co_return count;
}

/// Ends a pending upload at its uploader's wish. What the store does not remove now the sweep does.
Task<api::Response> abort_pending(App& app, const api::Request& req, api::Write w, Attachment a) {
  w.tx().queue(kReject, a.id, "the upload was aborted");
  w.log(entry_of(a, "attachment.abort", "pending", "rejected"));
  co_await w.commit();
  const Door door = door_of(app, req);
  co_await remove_rejected(door, std::move(a));
  co_return api::no_content();
}

}  // namespace

Task<api::Response> delete_attachment(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  const auto id = req.path_id<AttachmentId>(Code::attachment_not_found);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  auto a = co_await tx.maybe_one(kLockAttachment, id);
  if (!a || a->purged || a->state == "deleted") throw Failure(Code::attachment_not_found);
  if (a->state == "pending") {
    co_return co_await abort_pending(app, req, std::move(w), std::move(*a));
  }
  if (a->state != "available") throw Failure(Code::attachment_not_available);
  if (a->record_status != "draft") throw Failure(Code::attachment_not_removable);
  const auto was_signed = co_await tx.one(kSignedWith, id);
  if (was_signed.value) {
    throw Failure(Code::attachment_not_removable,
                  "The file belongs to the signed visit; reopening does not undo that.");
  }
  tx.queue(kMarkDeleted, id, req.caller.account);
  audit::Entry entry = entry_of(*a, "attachment.delete", "available", "deleted");
  entry = co_await keep_file(tx, id, req.caller.account, std::move(entry));
  w.log(std::move(entry));
  co_return co_await w.commit(api::no_content());
}

Task<api::Response> restore_attachment(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  const auto id = req.path_id<AttachmentId>(Code::attachment_not_found);
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  db::Tx& tx = w.tx();
  const auto a = co_await tx.maybe_one(kLockAttachment, id);
  if (!a || a->purged) throw Failure(Code::attachment_not_found);
  if (a->state != "deleted") throw Failure(Code::conflict, "The file is not deleted.");
  tx.queue(kRestore, id);
  audit::Entry entry = entry_of(*a, "attachment.restore", "deleted", "available");
  entry = co_await keep_file(tx, id, req.caller.account, std::move(entry));
  w.log(std::move(entry));
  const Attachment after = co_await tx.one(kShowAttachment, id);
  req.saw("attachment", after.id.value, after.patient_id);
  api::Response response = api::ok(to_json(after));
  co_return co_await w.commit(std::move(response));
}

Task<Swept> sweep(db::Pool& db, s3::Store& store, TenantId tenant,
                  const Settings::Attachments& settings, std::chrono::seconds grace,
                  std::function<void()> before_step, std::int64_t most) {
  const Bounds bounds{std::move(before_step), most};
  Swept out;
  const bool uploads = co_await end_abandoned(db, tenant, grace, bounds, out.abandoned);
  const bool files = co_await purge(db, store, tenant, settings.retention_days, bounds, out.purged);
  out.more = uploads || files;
  if (out.more) co_return out;
  out.aborted = co_await abort_uploads(db, store, tenant, bounds);
  out.orphans = co_await remove_orphans(db, store, tenant, bounds);
  co_return out;
}

}  // namespace wardbook::attachments

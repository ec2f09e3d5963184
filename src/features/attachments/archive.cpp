// Files that the store has moved to its archive: who asks for one is told so, asks for it to be
// brought back, and hears when it is there.
#include "features/attachments/archive.h"

#include "api/input.h"
#include "api/write.h"
#include "base/log.h"
#include "features/attachments/headers.h"
#include "features/attachments/verify.h"

namespace wardbook::attachments {
namespace {

constexpr int kRestoringPage = 100;

const db::Query<db::Int64Row, AttachmentId, MaybeText> kNoteArchive{"attachments.note_archive",
                                                                    R"sql(
  UPDATE {tenant}.record_attachments SET archive_status = $2
  WHERE id = $1 AND archive_status IS DISTINCT FROM $2 AND purged_at IS NULL RETURNING id)sql"};

struct RestoringFile {
  static constexpr db::Columns kColumns{"id", "patient_id", "s3_key"};
  AttachmentId id;
  PatientId patient;
  std::string key;
  static RestoringFile from_row(const db::RowView& r) {
    return {r.id<AttachmentId>(kColumns["id"]), r.id<PatientId>(kColumns["patient_id"]),
            r.str(kColumns["s3_key"])};
  }
};
const db::Query<RestoringFile, AttachmentId, std::string, int> kRestoring{"attachments.restoring",
                                                                          R"sql(
  SELECT a.id, r.patient_id, a.s3_key
  FROM {tenant}.record_attachments a JOIN {tenant}.medical_records r ON r.id = a.record_id
  WHERE a.archive_status = 'restoring' AND a.id > $1 AND a.s3_bucket = $2
  ORDER BY a.id LIMIT $3)sql"};

/// Notes where the file is, with the entry that says so, unless that is known already.
Task<> note_found(App& app, TenantId tenant, AttachmentId id, MaybeText status) {
  db::Tx tx = co_await app.db.begin(std::move(tenant));
  (void)co_await tx.maybe_one(kNoteArchive, id, std::move(status));
  co_await tx.commit();
}

/// A file that is back: the mark goes, and the log says when.
Task<bool> note_back(db::Pool& db, TenantId tenant, RestoringFile file) {
  db::Tx begun = co_await db.begin_job(tenant);
  api::Write w = api::write_over(audit::journal(), std::move(begun), audit::Actor{});
  const auto noted = co_await w.tx().maybe_one(kNoteArchive, file.id, MaybeText());
  if (noted) {
    audit::Entry entry{.action = "attachment.unarchived",
                       .resource = "attachment",
                       .resource_id = file.id.value,
                       .patient = file.patient};
    w.log_in(tenant, std::move(entry));
  }
  co_await w.commit_logged_or_not();
  co_return noted.has_value();
}

}  // namespace

Task<> fail_archived(App& app, const api::Request& req, const Attachment& a) {
  const auto info = co_await app.objects.head(a.s3_key);
  const bool under_way = info && s3::place_of(*info) == s3::Place::on_its_way;
  co_await note_found(app, req.tenant(), a.id, under_way ? "restoring" : "archived");
  if (under_way) {
    Failure later(Code::archived, "The file is on its way back from the archive.");
    later.retry_after(kLookAgainSeconds);
    throw later;
  }
  throw Failure(Code::archived, "The file is in the archive; restore-archive brings it back.");
}

Task<api::Response> restore_archived(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  Attachment a = co_await find_attachment(app, req);
  if (a.state != "available") throw Failure(Code::attachment_not_available);
  const auto info = co_await app.objects.head(a.s3_key);
  if (!info) throw altered_or(info.error());
  s3::Place place = s3::place_of(*info);
  // Before the transaction: asking the store twice does no harm.
  if (place == s3::Place::archived) {
    const auto begun = co_await app.objects.restore(a.s3_key, info->storage_class);
    if (!begun) throw store_failure(begun.error());
    place = *begun;
  }
  const bool there = place == s3::Place::at_hand;
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return w.replay();
  MaybeText status;
  if (!there) status = "restoring";
  (void)co_await w.tx().maybe_one(kNoteArchive, a.id, status);
  constexpr audit::Action kAsked = "attachment.restore_archive";
  constexpr audit::Action kRead = "attachment.read";
  w.log({.action = there ? kRead : kAsked,
         .resource = "attachment",
         .resource_id = a.id.value,
         .patient = a.patient_id});
  req.saw("attachment", a.id.value, a.patient_id);
  a.archive_status = status;
  api::Response response = api::ok(to_json(a));
  if (!there) response.status = 202;
  co_return co_await w.commit(std::move(response));
}

Task<std::int64_t> look_for_restored(db::Pool& db, s3::Store& store, TenantId tenant,
                                     std::function<void()> before_step) {
  std::int64_t back = 0;
  AttachmentId after;
  while (true) {
    std::vector<RestoringFile> files;
    {
      db::Tx tx = co_await db.begin_job(tenant);
      files = co_await tx.all(kRestoring, after, store.options().bucket, kRestoringPage);
      co_await tx.commit();
    }
    for (const auto& file : files) {
      if (before_step) before_step();
      after = file.id;
      const auto info = co_await store.head(file.key);
      const bool gone = !info && info.error().error == s3::S3Error::not_found;
      if (!info && !gone) throw store_failure(info.error());
      // One that is gone is told by whoever asks for it.
      if (info && s3::place_of(*info) != s3::Place::at_hand) continue;
      if (co_await note_back(db, tenant, file)) ++back;
    }
    if (files.size() < static_cast<std::size_t>(kRestoringPage)) co_return back;
  }
}

}  // namespace wardbook::attachments

#include "features/attachments/attachments.h"

#include "api/input.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/parts.h"

namespace wardbook::attachments {
namespace {

std::optional<std::string> maybe_time(const db::RowView& r, int column) {
  if (r.is_null(column)) return std::nullopt;
  return pg_time_to_rfc3339(r.text(column));
}

}  // namespace

Attachment Attachment::from_row(const db::RowView& r) {
  Attachment a;
  a.id = r.id<AttachmentId>(0);
  a.record_id = r.id<RecordId>(1);
  a.patient_id = r.id<PatientId>(2);
  a.record_status = r.str(3);
  a.file_name = r.str(4);
  a.file_type = r.str(5);
  a.file_size = r.int64(6);
  a.s3_key = r.str(7);
  a.s3_bucket = r.str(8);
  a.uploaded_by = r.id<AccountId>(9);
  a.description = r.maybe_str(10);
  a.created_at = pg_time_to_rfc3339(r.text(11));
  a.state = r.str(12);
  a.version = r.int64(13);
  a.stored_size = r.int64(14);
  a.content_encoding = r.maybe_str(15);
  a.sha256 = r.maybe_str(16);
  a.stored_sha256 = r.maybe_str(17);
  a.verified_at = maybe_time(r, 18);
  a.storage_class = r.str(19);
  a.etag = r.maybe_str(20);
  a.download_count = r.int64(21);
  a.last_accessed_at = maybe_time(r, 22);
  a.added_after_finalization = r.boolean(23);
  a.upload_expires_at = maybe_time(r, 24);
  a.purged = r.boolean(25);
  a.upload_key = r.maybe_str(26);
  a.in_parts = r.boolean(27);
  a.upload_id = r.maybe_str(28);
  a.part_bytes = r.maybe_int64(29).value_or(0);
  if (!r.is_null(30)) {
    const auto digests = r.text_array(30);
    for (const auto& digest : digests) a.part_sha256.emplace_back(digest.value_or(""));
  }
  a.completed_at = maybe_time(r, 31);
  a.uploaded_by_name = r.maybe_str(32);
  return a;
}

Usage Usage::from_row(const db::RowView& r) {
  return {r.int64(0), r.boolean(1), r.int64(2), r.int64(3),
          r.int64(4), r.int64(5),   r.int64(6), r.int64(7)};
}

Task<std::vector<Usage>> usage(db::Tx& tx, int most_days, std::int64_t small_bytes) {
  co_return co_await tx.all(kUsage, most_days, small_bytes);
}

std::int64_t upload_requests(std::int64_t stored_bytes, const Settings::Attachments& settings) {
  if (stored_bytes < settings.multipart_threshold_bytes) return 1;
  const auto parts = part_count(stored_bytes, part_bytes_for(stored_bytes, settings.part_bytes));
  return parts + 2;  // the upload is made, and put together
}

std::string to_json(const Attachment& a) {
  std::string text;
  api::ObjectWriter out(text);
  out.integer("id", a.id.value);
  out.integer("record_id", a.record_id.value);
  out.text("file_name", a.file_name);
  out.text("file_type", a.file_type);
  out.integer("file_size", a.file_size);
  out.text("s3_key", a.s3_key);
  out.text("s3_bucket", a.s3_bucket);
  out.integer("uploaded_by", a.uploaded_by.value);
  out.text("uploaded_by_name", a.uploaded_by_name);
  out.text("description", a.description);
  out.text("created_at", a.created_at);
  out.text("state", a.state);
  out.integer("version", a.version);
  out.integer("stored_size", a.stored_size);
  out.text("content_encoding", a.content_encoding);
  out.text("sha256", a.sha256);
  out.text("stored_sha256", a.stored_sha256);
  out.text("verified_at", a.verified_at);
  out.text("storage_class", a.storage_class);
  out.text("etag", a.etag);
  out.integer("download_count", a.download_count);
  out.text("last_accessed_at", a.last_accessed_at);
  out.boolean("added_after_finalization", a.added_after_finalization);
  out.end();
  return text;
}

}  // namespace wardbook::attachments

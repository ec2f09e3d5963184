#include "features/attachments/attachments.h"

#include "api/input.h"

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
  a.uploaded_by_name = r.maybe_str(27);
  return a;
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

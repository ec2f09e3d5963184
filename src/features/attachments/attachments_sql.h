#pragma once

#include "db/query.h"
#include "features/attachments/attachments.h"
#include "features/attachments/blocks.h"
#include "features/audit/audit.h"

// Tables: owns {tenant}.record_attachments {tenant}.attachment_blocks
// Tables: reads {tenant}.medical_records {tenant}.signatures {tenant}.row_versions
// Tables: reads {tenant}.staff {tenant}.legal_holds wardbook.my_tenant

namespace wardbook::attachments {

using MaybeText = std::optional<std::string>;

#define WB_ATTACHMENT_COLUMNS                                                                   \
  "a.id, a.record_id, r.patient_id, r.status, a.file_name, a.file_type, a.file_size, "          \
  "a.s3_key, a.s3_bucket, a.uploaded_by, a.description, a.created_at, a.state, a.version, "     \
  "a.stored_size, a.content_encoding, a.sha256, a.stored_sha256, a.verified_at, "               \
  "a.storage_class, a.etag, a.download_count, a.last_accessed_at, a.added_after_finalization, " \
  "a.upload_expires_at, a.purged_at IS NOT NULL, "                                              \
  "CASE WHEN a.upload_mode <> 'proxy' THEN coalesce(a.past_keys[1], a.s3_key) END, "            \
  "a.upload_mode = 'multipart', a.upload_id, a.part_bytes, a.part_sha256, a.completed_at, "     \
  "a.declared_sha256, a.charset, a.scan, a.scanned_at, "                                        \
  "(SELECT s.display_name FROM {tenant}.staff s WHERE s.account_id = a.uploaded_by), "          \
  "a.archive_status"
#define WB_ATTACHMENT_FROM                                                  \
  " FROM {tenant}.record_attachments a JOIN {tenant}.medical_records r ON " \
  "r.id = a.record_id "

inline const db::Query<Attachment, AttachmentId> kGetAttachment{
    "attachments.get",
    "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM "WHERE a.id = $1 AND r.voided_at IS NULL"};
inline const db::Query<Attachment, AttachmentId> kLockAttachment{
    "attachments.lock", "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
                        "WHERE a.id = $1 AND r.voided_at IS NULL FOR UPDATE OF a"};
/// Whatever became of its record.
inline const db::Query<Attachment, AttachmentId> kLockAny{
    "attachments.lock_any",
    "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM "WHERE a.id = $1 FOR UPDATE OF a"};
inline const db::Query<Attachment, AttachmentId> kShowAttachment{
    "attachments.show", "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM "WHERE a.id = $1"};

/// The record of a new file, locked so that two uploads of one name get different versions.
struct RecordOfUpload {
  PatientId patient;
  std::string status;
  static RecordOfUpload from_row(const db::RowView& r) { return {r.id<PatientId>(0), r.str(1)}; }
};
inline const db::Query<RecordOfUpload, RecordId> kRecordOfUpload{"attachments.record_of_upload",
                                                                 R"sql(
  SELECT patient_id, status FROM {tenant}.medical_records
  WHERE id = $1 AND voided_at IS NULL FOR NO KEY UPDATE)sql"};
inline const db::Query<RecordOfUpload, RecordId> kRecordOfFiles{"attachments.record_of_files",
                                                                R"sql(
  SELECT patient_id, status FROM {tenant}.medical_records WHERE id = $1 AND voided_at IS NULL)sql"};

/// Every name that the record's uploads ever had, and their keys: a key is never used twice.
struct Taken {
  std::string file_name;
  std::int64_t version = 0;
  std::string key;
  static Taken from_row(const db::RowView& r) { return {r.str(0), r.int64(1), r.str(2)}; }
};
inline const db::Query<Taken, RecordId> kTaken{"attachments.taken", R"sql(
  SELECT file_name, version, k FROM {tenant}.record_attachments, unnest(past_keys || s3_key) AS k
  WHERE record_id = $1)sql"};
/// A pending file goes on under another key ($2). Nobody is given the old one again.
inline const db::Query<void, AttachmentId, std::string> kMove{"attachments.move", R"sql(
  UPDATE {tenant}.record_attachments SET past_keys = past_keys || s3_key, s3_key = $2
  WHERE id = $1)sql"};

inline const db::Query<db::Int64Row, RecordId, std::string, std::string, std::int64_t, std::string,
                       std::string, AccountId, MaybeText, std::int64_t, std::int64_t, MaybeText,
                       MaybeText, bool, std::string, std::string, std::string,
                       std::optional<std::int64_t>, std::optional<std::vector<std::string>>,
                       MaybeText>
    kInsertAttachment{"attachments.insert", R"sql(
  INSERT INTO {tenant}.record_attachments (record_id, file_name, file_type, file_size, s3_key,
    s3_bucket, uploaded_by, description, version, stored_size, content_encoding, stored_sha256,
    added_after_finalization, upload_mode, upload_expires_at, created_at, part_bytes,
    part_sha256, charset)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
    $18, $19)
  RETURNING id)sql"};

/// Here and where a file is restored the database itself marks one that comes to a finalized
/// record.
inline const db::Query<void, AttachmentId, std::int64_t, std::string, std::string, MaybeText,
                       std::string, std::int64_t, MaybeText, MaybeText, bool>
    kPublish{"attachments.publish", R"sql(
  UPDATE {tenant}.record_attachments SET
    state = CASE WHEN $10::boolean THEN 'quarantined' ELSE 'available' END,
    scan = CASE WHEN $10 THEN 'waiting' END, file_size = $2, sha256 = $3,
    stored_sha256 = $4, etag = $5, verified_at = $6, stored_size = $7, content_encoding = $8,
    charset = $9, completed_at = coalesce(completed_at, $6), upload_expires_at = NULL
  WHERE id = $1)sql"};
inline const db::Query<void, AttachmentId, std::int64_t, db::Bytes, std::optional<db::Bytes>>
    kKeepBlocks{"attachments.keep_blocks", R"sql(
  INSERT INTO {tenant}.attachment_blocks (attachment_id, block_bytes, digests, offsets)
  VALUES ($1, $2, $3, $4))sql"};
/// Of the blocks that hold the bytes $2 to $3 of the file.
inline const db::Query<Blocks, AttachmentId, std::int64_t, std::int64_t> kBlocks{
    "attachments.blocks", R"sql(
  SELECT block_bytes,
    substring(digests FROM ($2 / block_bytes * 32 + 1)::integer
                      FOR (($3 / block_bytes - $2 / block_bytes + 1) * 32)::integer),
    substring(offsets FROM ($2 / block_bytes * 8 + 1)::integer
                      FOR (($3 / block_bytes - $2 / block_bytes + 2) * 8)::integer)
  FROM {tenant}.attachment_blocks WHERE attachment_id = $1)sql"};
inline const db::Query<Attachment, AttachmentId, std::string> kNextToScan{
    "attachments.next_to_scan",
    "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
    "WHERE a.state = 'quarantined' AND a.id > $1 AND a.s3_bucket = $2 ORDER BY a.id LIMIT 1"};
inline const db::Query<void, AttachmentId, std::string> kRelease{"attachments.release", R"sql(
  UPDATE {tenant}.record_attachments SET state = 'available', scan = $2, scanned_at = now()
  WHERE id = $1)sql"};
inline const db::Query<void, AttachmentId, std::string> kInfected{"attachments.infected", R"sql(
  UPDATE {tenant}.record_attachments SET state = 'rejected', scan = 'infected', scanned_at = now(),
    rejected_reason = $2, deleted_at = now()
  WHERE id = $1)sql"};
/// The upload at the store ($3), unless somebody else has noted another one than $2 meanwhile.
inline const db::Query<db::Int64Row, AttachmentId, MaybeText, std::string> kNoteUpload{
    "attachments.note_upload", R"sql(
  UPDATE {tenant}.record_attachments SET upload_id = $3
  WHERE id = $1 AND state = 'pending' AND upload_id IS NOT DISTINCT FROM $2
  RETURNING id)sql"};
/// Fresh URLs were given out.
inline const db::Query<void, AttachmentId, std::string> kProlong{"attachments.prolong", R"sql(
  UPDATE {tenant}.record_attachments SET upload_expires_at = greatest(upload_expires_at, $2)
  WHERE id = $1 AND state = 'pending' AND completed_at IS NULL)sql"};
/// All of it has arrived, and waits to be verified.
inline const db::Query<void, AttachmentId, std::string, MaybeText> kArrived{"attachments.arrived",
                                                                            R"sql(
  UPDATE {tenant}.record_attachments SET completed_at = $2, upload_expires_at = NULL,
    declared_sha256 = $3
  WHERE id = $1 AND state = 'pending')sql"};
inline const db::Query<Attachment, AttachmentId, std::string> kNextToVerify{
    "attachments.next_to_verify",
    "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
    "WHERE a.state = 'pending' AND a.completed_at IS NOT NULL AND a.id > $1 AND a.s3_bucket = $2 "
    "ORDER BY a.id LIMIT 1"};
inline const db::Query<void, AttachmentId, std::string> kReject{"attachments.reject", R"sql(
  UPDATE {tenant}.record_attachments SET state = 'rejected', rejected_reason = $2,
    deleted_at = now(), upload_expires_at = NULL
  WHERE id = $1 AND state = 'pending')sql"};
/// Whether the file was there when its record was signed, which may have been reopened since, or
/// was added later. The database's guard asks the same.
inline const db::Query<db::BoolRow, AttachmentId> kSignedWith{"attachments.signed_with", R"sql(
  SELECT a.added_after_finalization OR EXISTS (
    SELECT FROM {tenant}.signatures s
    WHERE s.record_id = a.record_id AND s.version > coalesce(a.since_version, 0))
  FROM {tenant}.record_attachments a WHERE a.id = $1)sql"};
inline const db::Query<void, AttachmentId> kPurged{
    "attachments.purged", "UPDATE {tenant}.record_attachments SET purged_at = now() WHERE id = $1"};
inline const db::Query<void, AttachmentId, AccountId> kMarkDeleted{"attachments.mark_deleted",
                                                                   R"sql(
  UPDATE {tenant}.record_attachments SET state = 'deleted', deleted_at = now(), deleted_by = $2
  WHERE id = $1)sql"};
inline const db::Query<void, AttachmentId> kRestore{"attachments.restore", R"sql(
  UPDATE {tenant}.record_attachments SET state = 'available', deleted_at = NULL, deleted_by = NULL
  WHERE id = $1)sql"};
inline const db::Query<void, AttachmentId> kCountDownload{"attachments.count_download", R"sql(
  UPDATE {tenant}.record_attachments SET download_count = download_count + 1,
    last_accessed_at = now() WHERE id = $1)sql"};

inline const db::Query<Attachment, RecordId, std::int64_t, int> kListAttachments{
    "attachments.list", "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
                        "WHERE a.record_id = $1 AND a.id > $2 AND a.state IN ('available', "
                        "'quarantined') ORDER BY a.id LIMIT $3"};
inline const db::Query<db::Int64Row, RecordId> kCountAttachments{"attachments.count", R"sql(
  SELECT count(*) FROM {tenant}.record_attachments
  WHERE record_id = $1 AND state IN ('available', 'quarantined'))sql"};
inline const db::Query<Attachment, RecordId, std::string> kListVersions{
    "attachments.versions", "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
                            "WHERE a.record_id = $1 AND a.file_name = $2 AND a.state IN "
                            "('available', 'quarantined', 'deleted') ORDER BY a.version DESC "
                            "LIMIT 200"};

/// Uploads whose URL has expired so long ago that nothing can arrive any more.
inline const db::Query<Attachment, std::int64_t, int> kAbandoned{
    "attachments.abandoned", "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
                             "WHERE a.state = 'pending' AND a.upload_expires_at < now() - "
                             "make_interval(secs => $1) ORDER BY a.id LIMIT $2 FOR UPDATE OF a "
                             "SKIP LOCKED"};
/// One of this bucket ($2): the object of another one would not be found, and be left. Kept for the
/// hospital's retention time, or $1 days, and while a legal hold is in force. Locked, so that
/// nobody restores it meanwhile.
inline const db::Query<Attachment, int, std::string> kToPurge{
    "attachments.to_purge",
    "SELECT " WB_ATTACHMENT_COLUMNS WB_ATTACHMENT_FROM
    "WHERE a.purged_at IS NULL AND a.s3_bucket = $2 AND (a.state = 'rejected' OR (a.state = "
    "'deleted' AND a.deleted_at < now() - make_interval(days => coalesce((SELECT "
    "t.retention_days FROM wardbook.my_tenant t), $1)) AND NOT EXISTS (SELECT FROM "
    "{tenant}.legal_holds h WHERE h.patient_id = r.patient_id AND h.released_at IS NULL AND "
    "(h.record_id IS NULL OR h.record_id = r.id)))) "
    "ORDER BY a.id LIMIT 1 FOR UPDATE OF a SKIP LOCKED"};
/// A key whose file was purged is unknown again: its URL may have been used a second time. The key
/// that an upload's URL names is known as long as the upload is pending.
inline const db::Query<db::TextRow, std::vector<std::string>> kUnknownKeys{
    "attachments.unknown_keys", R"sql(
  SELECT k FROM unnest($1::text[]) AS k
  WHERE NOT EXISTS (SELECT FROM {tenant}.record_attachments a
                    WHERE a.s3_key = k AND a.purged_at IS NULL)
    AND NOT EXISTS (SELECT FROM {tenant}.record_attachments a
                    WHERE a.state = 'pending' AND a.past_keys[1] = k))sql"};

/// A file's place at the store, as its row says.
struct StoredRow {
  AttachmentId id;
  std::string key;
  std::int64_t stored_size = 0;
  MaybeText etag;
  MaybeText stored_sha256;
  std::string state;
  bool arrived = false;
  static StoredRow from_row(const db::RowView& r) {
    return {r.id<AttachmentId>(0), r.str(1), r.int64(2),  r.maybe_str(3),
            r.maybe_str(4),        r.str(5), r.boolean(6)};
  }
};
/// In the order of the bytes of their keys, as the store lists them.
inline const db::Query<StoredRow, std::string, std::string, int> kStoredRows{
    "attachments.stored_rows", R"sql(
  SELECT id, s3_key, stored_size, etag, stored_sha256, state, completed_at IS NOT NULL
  FROM {tenant}.record_attachments
  WHERE s3_key COLLATE "C" > $1 AND s3_bucket = $2 AND purged_at IS NULL
  ORDER BY s3_key COLLATE "C" LIMIT $3)sql"};

inline const db::Query<Usage, int, std::int64_t> kUsage{"attachments.usage", R"sql(
  SELECT least(greatest(floor(extract(epoch FROM
           now() - coalesce(last_accessed_at, completed_at, created_at)) / 86400)::bigint, 0), $1),
         stored_size < $2, count(*), sum(stored_size)::bigint, sum(file_size)::bigint,
         count(*) FILTER (WHERE created_at > now() - interval '30 days'),
         coalesce(sum(stored_size) FILTER (WHERE created_at > now() - interval '30 days'),
                  0)::bigint,
         count(*) FILTER (WHERE last_accessed_at > now() - interval '30 days')
  FROM {tenant}.record_attachments
  WHERE purged_at IS NULL AND state IN ('available', 'quarantined', 'deleted')
  GROUP BY 1, 2)sql"};

/// Of uploads in parts at the store, key ($1) by key with its id ($2), those that no pending file
/// has. Where the id is not noted yet, it may be about to be.
struct UnknownUpload {
  std::string key;
  std::string id;
  static UnknownUpload from_row(const db::RowView& r) { return {r.str(0), r.str(1)}; }
};
inline const db::Query<UnknownUpload, std::vector<std::string>, std::vector<std::string>>
    kUnknownUploads{"attachments.unknown_uploads", R"sql(
  SELECT u.k, u.id FROM unnest($1::text[], $2::text[]) AS u (k, id)
  WHERE NOT EXISTS (SELECT FROM {tenant}.record_attachments a
                    WHERE a.s3_key = u.k AND a.state = 'pending'
                      AND (a.upload_id IS NULL OR a.upload_id = u.id)))sql"};

/// A file with its last version, and the time of this transaction.
struct KeptAttachment {
  Attachment file;
  audit::LastVersion last;
  Time now{};
  static KeptAttachment from_row(const db::RowView& r) {
    constexpr int kOfVersion = 5;  // the last columns
    const int at = r.columns() - kOfVersion;
    return {Attachment::from_row(r), audit::LastVersion::from_row(r, at),
            r.time(at + kOfVersion - 1)};
  }
};
#define WB_KEPT_ATTACHMENT                                                                   \
  "SELECT " WB_ATTACHMENT_COLUMNS                                                            \
  ", l.version, l.content_format, l.content_salt, "                                          \
  "l.content_digest, now()" WB_ATTACHMENT_FROM                                               \
  "LEFT JOIN LATERAL (SELECT v.version, v.content_format, v.content_salt, v.content_digest " \
  "  FROM {tenant}.row_versions v WHERE v.resource = 'attachment' AND v.resource_id = a.id " \
  "  ORDER BY v.version DESC LIMIT 1) l ON true "
inline const db::Query<KeptAttachment, AttachmentId> kToKeep{"attachments.to_keep",
                                                             WB_KEPT_ATTACHMENT "WHERE a.id = $1"};
inline const db::Query<KeptAttachment, AttachmentId, int> kToVerify{
    "attachments.to_verify", WB_KEPT_ATTACHMENT "WHERE a.id > $1 ORDER BY a.id LIMIT $2"};
/// A version of a file that is not there.
inline const db::Query<db::Int64Row> kFirstGone{"attachments.first_gone", R"sql(
  SELECT v.resource_id FROM {tenant}.row_versions v
  WHERE v.resource = 'attachment'
    AND NOT EXISTS (SELECT FROM {tenant}.record_attachments a WHERE a.id = v.resource_id)
  ORDER BY v.resource_id LIMIT 1)sql"};

#undef WB_KEPT_ATTACHMENT
#undef WB_ATTACHMENT_COLUMNS
#undef WB_ATTACHMENT_FROM

inline const db::Query<api::Whose, std::int64_t> kWhoseAttachment{"attachments.whose", R"sql(
  SELECT r.patient_id, r.voided_at IS NOT NULL AS voided, a.purged_at IS NOT NULL AS purged
  FROM {tenant}.record_attachments a
  JOIN {tenant}.medical_records r ON r.id = a.record_id WHERE a.id = $1)sql"};

}  // namespace wardbook::attachments

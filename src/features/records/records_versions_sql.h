#pragma once

#include "features/records/records_sql.h"

// The history, and the version that is not in it yet: the open one, in the record's own row. A
// version that takes no more is in both.
namespace wardbook::records {

struct Signature {
  AccountId signed_by;
  MaybeText signed_by_name;
  std::string signed_at;
  std::string meaning;
  std::string content_hash;
};
/// A version without its content.
struct VersionRow {
  RecordId record;
  std::int64_t number = 0;
  std::int64_t revision = 0;
  std::string kind;
  std::string status;
  PatientId patient;
  AccountId changed_by;
  MaybeText changed_by_name;
  std::string begun_at;
  std::string changed_at;
  MaybeText reason;
  std::int64_t content_format = 0;
  std::string content_hash;
  bool is_final = false;
  std::optional<Signature> signature;
  static constexpr db::Columns kColumns{
      "record_id",      "version",        "revision",        "kind",       "status",
      "patient_id",     "changed_by",     "changed_by_name", "begun_at",   "changed_at",
      "reason",         "content_format", "content_hash",    "final",      "signed_by",
      "signed_by_name", "signed_at",      "meaning",         "signed_hash"};
  static VersionRow from_row(const db::RowView& r) {
    VersionRow v;
    v.record = r.id<RecordId>(kColumns["record_id"]);
    v.number = r.int64(kColumns["version"]);
    v.revision = r.int64(kColumns["revision"]);
    v.kind = r.str(kColumns["kind"]);
    v.status = r.str(kColumns["status"]);
    v.patient = r.id<PatientId>(kColumns["patient_id"]);
    v.changed_by = r.id<AccountId>(kColumns["changed_by"]);
    v.changed_by_name = r.maybe_str(kColumns["changed_by_name"]);
    v.begun_at = pg_time_to_rfc3339(r.text(kColumns["begun_at"]));
    v.changed_at = pg_time_to_rfc3339(r.text(kColumns["changed_at"]));
    v.reason = r.maybe_str(kColumns["reason"]);
    v.content_format = r.int64(kColumns["content_format"]);
    v.content_hash = r.str(kColumns["content_hash"]);
    v.is_final = r.boolean(kColumns["final"]);
    if (!r.is_null(kColumns["signed_by"])) {
      v.signature =
          Signature{r.id<AccountId>(kColumns["signed_by"]), r.maybe_str(kColumns["signed_by_name"]),
                    pg_time_to_rfc3339(r.text(kColumns["signed_at"])), r.str(kColumns["meaning"]),
                    r.str(kColumns["signed_hash"])};
    }
    return v;
  }
};
/// Those of record $1 behind $2, not behind $3.
inline const db::Query<VersionRow, RecordId, std::int64_t, std::int64_t, int> kVersions{
    "records.versions", R"sql(
  WITH v AS (
    SELECT h.record_id, h.version, h.revision, h.kind, h.status, h.patient_id, h.changed_by,
      h.begun_at, h.changed_at, h.reason, h.content_format, h.content_hash, true AS final
    FROM {tenant}.record_versions h
    WHERE h.record_id = $1 AND h.version > $2::bigint AND h.version <= $3::bigint
    UNION ALL
    SELECT r.id, r.version, r.revision, r.version_kind, r.status, r.patient_id, r.version_by,
      r.version_begun_at, r.updated_at, NULL, r.content_format, r.content_hash, false
    FROM {tenant}.medical_records r
    WHERE r.id = $1 AND r.version > $2::bigint AND r.version <= $3::bigint
      AND r.version_kind IN ('created', 'updated', 'diagnosis')
  )
  SELECT v.record_id, v.version, v.revision, v.kind, v.status, v.patient_id, v.changed_by,
    s.display_name AS changed_by_name, v.begun_at, v.changed_at, v.reason, v.content_format,
    v.content_hash, v.final, g.signed_by,
    coalesce(g.signed_by_name, n.display_name) AS signed_by_name, g.signed_at, g.meaning,
    g.content_hash AS signed_hash
  FROM v
  LEFT JOIN {tenant}.staff s ON s.account_id = v.changed_by
  LEFT JOIN LATERAL (SELECT * FROM {tenant}.signatures i
                     WHERE i.record_id = v.record_id AND i.version = v.version
                     ORDER BY i.id LIMIT 1) g ON true
  LEFT JOIN {tenant}.staff n ON n.account_id = g.signed_by
  ORDER BY v.version LIMIT $4)sql"};
/// There are as many as the number of the record's version.
inline const db::Query<db::Int64Row, RecordId> kCountVersions{
    "records.count_versions", "SELECT version FROM {tenant}.medical_records WHERE id = $1"};

/// What a version of the history says; all three are absent where it was erased.
struct SaidRow {
  MaybeText content;
  MaybeText salt;
  std::string digest;
  static constexpr db::Columns kColumns{"content", "content_salt", "content_digest"};
  static SaidRow from_row(const db::RowView& r) {
    return {r.maybe_str(kColumns["content"]), r.maybe_str(kColumns["content_salt"]),
            r.bytes(kColumns["content_digest"])};
  }
};
inline const db::Query<SaidRow, RecordId, std::int64_t> kSaid{"records.said", R"sql(
  SELECT content, content_salt, content_digest FROM {tenant}.record_versions
  WHERE record_id = $1 AND version = $2::bigint)sql"};
inline const db::Query<db::TextRow, RecordId, std::int64_t> kReasonOf{"records.reason_of", R"sql(
  SELECT coalesce(reason, '') FROM {tenant}.record_versions
  WHERE record_id = $1 AND version = $2::bigint AND reason IS NOT NULL)sql"};

// ---- to verify

struct KeptVersion {
  RecordId record;
  std::int64_t revision = 0;
  std::string status;
  PatientId patient;
  OpenVersion version;  ///< which is none any more
  MaybeText reason;
  MaybeText content;
  static constexpr db::Columns kColumns{
      "record_id",      "version",      "revision",     "kind",       "status",
      "patient_id",     "changed_by",   "begun_at",     "changed_at", "content_format",
      "content_digest", "content_hash", "content_salt", "reason",     "content"};
  static KeptVersion from_row(const db::RowView& r) {
    KeptVersion out;
    out.record = r.id<RecordId>(kColumns["record_id"]);
    out.version.number = r.int64(kColumns["version"]);
    out.revision = r.int64(kColumns["revision"]);
    out.version.kind = r.str(kColumns["kind"]);
    out.status = r.str(kColumns["status"]);
    out.patient = r.id<PatientId>(kColumns["patient_id"]);
    out.version.by = r.id<AccountId>(kColumns["changed_by"]);
    out.version.begun_at = r.time(kColumns["begun_at"]);
    out.version.changed_at = r.time(kColumns["changed_at"]);
    out.version.content_format = static_cast<int>(r.int64(kColumns["content_format"]));
    out.version.digest = r.bytes(kColumns["content_digest"]);
    out.version.hash = r.str(kColumns["content_hash"]);
    out.version.salt = r.maybe_str(kColumns["content_salt"]);
    out.reason = r.maybe_str(kColumns["reason"]);
    out.content = r.maybe_str(kColumns["content"]);
    return out;
  }
};
inline const db::Query<KeptVersion, RecordId, std::int64_t, int> kVersionsToVerify{
    "records.versions_to_verify", R"sql(
  SELECT record_id, version, revision, kind, status, patient_id, changed_by, begun_at, changed_at,
    content_format, content_digest, content_hash, content_salt, reason, content
  FROM {tenant}.record_versions WHERE (record_id, version) > ($1, $2::bigint)
  ORDER BY record_id, version LIMIT $3)sql"};

inline const db::Query<Record, RecordId, int> kRecordsToVerify{"records.to_verify", R"sql(
  SELECT r.id, r.record_number, r.content, r.status, r.version, r.voided_at IS NOT NULL AS voided,
    r.content_hash, r.revision, r.version_kind, r.version_by, r.updated_at, r.content_salt,
    r.version_begun_at, r.content_format, r.content_digest,
    jsonb_populate_record(r, r.content::jsonb) *= r AS true_columns
  FROM {tenant}.medical_records r WHERE r.id > $1 ORDER BY r.id LIMIT $2)sql"};
inline const db::Query<Record, RecordId> kRecordData{"records.data", R"sql(
  SELECT r.id, r.record_number, r.content, r.status, r.version, r.voided_at IS NOT NULL AS voided,
    r.content_hash, r.revision, r.version_kind, r.version_by, r.updated_at, r.content_salt,
    r.version_begun_at, r.content_format, r.content_digest,
    jsonb_populate_record(r, r.content::jsonb) *= r AS true_columns
  FROM {tenant}.medical_records r WHERE r.id = $1)sql"};
/// The diagnoses of records $1 (after) to $2.
inline const db::Query<Diagnosis, RecordId, RecordId> kDiagnosesToVerify{
    "records.diagnoses_to_verify", R"sql(
  SELECT id, record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, notes,
    created_by, created_at, updated_at
  FROM {tenant}.diagnoses WHERE record_id > $1 AND record_id <= $2 AND removed_at IS NULL
  ORDER BY record_id, id)sql"};
struct Reason {
  RecordId record;
  std::string text;
  static constexpr db::Columns kColumns{"id", "reason"};
  static Reason from_row(const db::RowView& r) {
    return {r.id<RecordId>(kColumns["id"]), r.str(kColumns["reason"])};
  }
};
/// Why the versions are there that records $1 (after) to $2 have.
inline const db::Query<Reason, RecordId, RecordId> kReasonsToVerify{"records.reasons_to_verify",
                                                                    R"sql(
  SELECT r.id, v.reason FROM {tenant}.medical_records r
  JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version = r.version
  WHERE r.id > $1 AND r.id <= $2 AND v.reason IS NOT NULL ORDER BY r.id)sql"};

/// Rows that are not where their history ends: behind the last version that is kept if they have an
/// open one, else at it.
inline const db::Query<db::Int64Row> kFirstUnlikeVersion{"records.first_unlike_version", R"sql(
  SELECT r.id FROM {tenant}.medical_records r
  LEFT JOIN (SELECT record_id, max(version) AS last FROM {tenant}.record_versions
             GROUP BY record_id) h ON h.record_id = r.id
  LEFT JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version = h.last
  WHERE CASE WHEN r.version_kind IN ('created', 'updated', 'diagnosis')
    THEN r.version <> coalesce(h.last, 0) + 1 OR r.status <> 'draft'
      OR r.revision <= coalesce(v.revision, 0) OR r.version_begun_at < v.changed_at
    ELSE (r.version, r.revision, r.version_kind, r.status, r.content_hash)
      IS DISTINCT FROM (v.version, v.revision, v.kind, v.status, v.content_hash) END
  ORDER BY r.id LIMIT 1)sql"};

/// A row that was erased and still says something.
inline const db::Query<db::Int64Row> kFirstHalfErased{"records.first_half_erased", R"sql(
  SELECT r.id FROM {tenant}.medical_records r
  WHERE r.content_salt IS NULL
    AND (num_nonnulls(r.chief_complaint, r.history_of_present_illness, r.physical_examination,
           r.diagnosis, r.treatment_plan, r.notes, r.follow_up_date, r.follow_up_instructions,
           r.void_reason, r.search) > 0
      OR (r.prescriptions, r.vital_signs, r.lab_results) IS DISTINCT FROM ('[]'::jsonb, '{}', '[]')
      OR EXISTS (SELECT FROM {tenant}.diagnoses d WHERE d.record_id = r.id
                 AND (d.icd_code, d.diagnosis_name, d.notes) IS DISTINCT FROM ('', '', NULL)))
  ORDER BY r.id LIMIT 1)sql"};

/// A version or its signature that says otherwise than the other.
struct Mismatch {
  RecordId record;
  std::int64_t version = 0;
  static constexpr db::Columns kColumns{"id", "version"};
  static Mismatch from_row(const db::RowView& r) {
    return {r.id<RecordId>(kColumns["id"]), r.int64(kColumns["version"])};
  }
};
/// A signed version without its signature, or a signature without its version.
inline const db::Query<Mismatch> kFirstBadSignature{"records.first_bad_signature", R"sql(
  SELECT coalesce(v.record_id, s.record_id) AS id, coalesce(v.version, s.version) AS version
  FROM (SELECT * FROM {tenant}.record_versions WHERE kind IN ('finalized', 'amended')) v
  FULL JOIN {tenant}.signatures s ON s.record_id = v.record_id AND s.version = v.version
    AND s.content_hash = v.content_hash AND s.signed_by = v.changed_by
    AND s.signed_at = v.changed_at AND s.meaning = v.kind
  WHERE v.record_id IS NULL OR s.record_id IS NULL
  ORDER BY 1, 2 LIMIT 1)sql"};
/// A row that says otherwise than its versions who made, finalized or voided it, and when.
inline const db::Query<Mismatch> kFirstUnlikeAuthors{"records.first_unlike_authors", R"sql(
  SELECT r.id, r.version FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.record_versions c ON c.record_id = r.id AND c.version = 1
  LEFT JOIN {tenant}.record_versions n ON n.record_id = r.id AND n.version = r.version
  LEFT JOIN (SELECT DISTINCT ON (record_id) record_id, changed_by, changed_at
             FROM {tenant}.record_versions WHERE kind = 'finalized'
             ORDER BY record_id, version DESC) f ON f.record_id = r.id
  LEFT JOIN (SELECT DISTINCT ON (record_id) record_id, content_hash
             FROM {tenant}.record_versions WHERE kind IN ('finalized', 'amended')
             ORDER BY record_id, version DESC) s ON s.record_id = r.id
  WHERE (r.created_by, r.created_at)
      IS DISTINCT FROM (coalesce(c.changed_by, r.version_by),
                        coalesce(c.begun_at, r.version_begun_at))
    OR CASE WHEN r.status = 'draft'
         THEN r.finalized_by IS NOT NULL OR r.finalized_at IS NOT NULL OR r.signed_hash IS NOT NULL
         ELSE (r.finalized_by, r.finalized_at, r.signed_hash)
           IS DISTINCT FROM (f.changed_by, f.changed_at, s.content_hash) END
    OR CASE WHEN r.voided_at IS NULL THEN n.kind = 'voided'
         WHEN r.content_salt IS NULL AND r.voided_by IS NULL THEN false   -- erased with its patient
         ELSE (n.kind, r.voided_by, r.voided_at, r.void_reason)
           IS DISTINCT FROM ('voided', n.changed_by, n.changed_at, n.reason) END
  ORDER BY r.id LIMIT 1)sql"};
/// A version that is not what the audit log, which is sealed, says of its last revision: reason,
/// author and hash, and which step it was; and, where it says them, the record's number and the
/// signer's name. An erased entry says only who did what to which record, so each stands for one
/// version at most.
inline const db::Query<Mismatch> kFirstUnaudited{"records.first_unaudited", R"sql(
  WITH versions AS (
    SELECT h.record_id, h.version, h.revision, h.kind, h.changed_by, h.reason, h.content_hash,
      h.content_salt IS NULL AS erased
    FROM {tenant}.record_versions h
    UNION ALL
    SELECT r.id, r.version, r.revision, r.version_kind, r.version_by, NULL, r.content_hash, false
    FROM {tenant}.medical_records r WHERE r.version_kind IN ('created', 'updated', 'diagnosis')
  ), steps AS (
    SELECT v.*, CASE v.kind WHEN 'finalized' THEN 'record.finalize'
      WHEN 'amended' THEN 'record.amend' WHEN 'reopened' THEN 'record.reopen'
      WHEN 'voided' THEN 'record.void' ELSE 'draft' END AS step
    FROM versions v
  ), entries AS (
    SELECT a.resource_id, a.actor_id, a.salt IS NULL AS erased, coalesce(a.reason, '') AS reason,
      CASE WHEN a.action IN ('record.create', 'record.update', 'record.diagnose') THEN 'draft'
        ELSE a.action END AS step,
      a.after->>'revision' AS revision, a.after->>'version' AS version,
      a.after->>'content_hash' AS content_hash, a.after->>'record_number' AS record_number,
      a.after->>'signed_by_name' AS signed_by_name
    FROM {tenant}.audit_log a WHERE a.resource = 'record' AND a.outcome = 'ok'
  ), unvouched AS (
    SELECT v.record_id, v.version, v.step, v.changed_by,
           row_number() OVER (PARTITION BY v.record_id, v.step, v.changed_by
                              ORDER BY v.version) AS n
    FROM steps v
    WHERE NOT EXISTS (
      SELECT FROM entries e
      WHERE e.resource_id = v.record_id AND e.revision = v.revision::text
        AND e.version = v.version::text AND e.content_hash = v.content_hash
        AND (e.record_number IS NULL OR EXISTS (
          SELECT FROM {tenant}.medical_records r
          WHERE r.id = v.record_id AND r.record_number = e.record_number))
        AND (e.signed_by_name IS NULL OR EXISTS (
          SELECT FROM {tenant}.signatures s WHERE s.record_id = v.record_id
            AND s.version = v.version AND s.signed_by_name = e.signed_by_name))
        AND e.actor_id = v.changed_by AND (v.erased OR e.reason = coalesce(v.reason, ''))
        AND e.step = v.step)
  )
  SELECT u.record_id AS id, u.version FROM unvouched u
  LEFT JOIN (SELECT o.resource_id, o.step, o.actor_id, count(*) AS entries
             FROM entries o WHERE o.erased
             GROUP BY o.resource_id, o.step, o.actor_id) e
    ON e.resource_id = u.record_id AND e.step = u.step AND e.actor_id = u.changed_by
  WHERE u.n > coalesce(e.entries, 0)
  ORDER BY 1, 2 LIMIT 1)sql"};
/// A record that has another number of revisions than the log has changes of it, or whose number is
/// not the one that it was given.
inline const db::Query<Mismatch> kFirstUncounted{"records.first_uncounted", R"sql(
  SELECT r.id, r.version FROM {tenant}.medical_records r
  LEFT JOIN (
    SELECT a.resource_id, count(*) AS revisions,
           bool_or(a.after->>'record_number' <> m.record_number) AS renumbered
    FROM {tenant}.audit_log a JOIN {tenant}.medical_records m ON m.id = a.resource_id
    WHERE a.resource = 'record' AND a.outcome = 'ok'
      AND a.action IN ('record.create', 'record.update', 'record.diagnose', 'record.finalize',
                       'record.amend', 'record.reopen', 'record.void')
    GROUP BY a.resource_id) e ON e.resource_id = r.id
  WHERE r.revision <> coalesce(e.revisions, 0) OR e.renumbered
  ORDER BY r.id LIMIT 1)sql"};

}  // namespace wardbook::records

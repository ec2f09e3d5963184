#pragma once

#include "db/query.h"
#include "features/records/records.h"

namespace wardbook::records {

using MaybeText = std::optional<std::string>;
using MaybeId = std::optional<std::int64_t>;

// ---- one record, to send
// --------------------------------------------------------------------------

/// RecordView::from_row reads these by position; 31 is the list's sort key. What is costly for
/// PostgreSQL to write (jsonb, to_char, json_build_object) is left to the reader: the JSON columns
/// come as the text that is kept beside them, a diagnosis and the patient as arrays of text; the
/// patient's allergies only where there is a prescription to be held against them.
#define WB_RECORD_COLUMNS                                                                          \
  "r.id, r.patient_id, r.version, r.record_number, r.doctor_id, r.visit_date, r.visit_type, "      \
  "r.chief_complaint, r.history_of_present_illness, r.physical_examination, r.diagnosis, "         \
  "r.treatment_plan, r.prescriptions_text, r.vital_signs_text, r.lab_results_text, r.notes, "      \
  "r.follow_up_required, r.follow_up_date, r.follow_up_instructions, r.status, r.finalized_at, "   \
  "r.finalized_by, r.signed_hash, r.content_hash, r.template_id, r.template_version, "             \
  "r.created_by, r.created_at, r.updated_at, "                                                     \
  "ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, "                  \
  "   d.diagnosis_name, d.diagnosis_type, d.status, d.notes, d.created_by::text, "                 \
  "   d.created_at::text, d.updated_at::text] FROM {tenant}.diagnoses d "                          \
  "   WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id), "                          \
  "(SELECT ARRAY[p.patient_number, p.first_name, p.last_name, "                                    \
  "   CASE WHEN p.allergies <> '[]' AND r.prescriptions_text <> '[]' THEN p.allergies::text END, " \
  "   (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text] "             \
  "   FROM {tenant}.patients p "                                                                   \
  "   WHERE p.id = r.patient_id)"

inline const db::Query<RecordView, RecordId> kGetRecord{
    "records.get", "SELECT " WB_RECORD_COLUMNS
                   " FROM {tenant}.medical_records r WHERE r.id = $1 AND r.voided_at IS NULL"};
/// After a change, voided or not.
inline const db::Query<RecordView, RecordId> kShowRecord{
    "records.show", "SELECT " WB_RECORD_COLUMNS " FROM {tenant}.medical_records r WHERE r.id = $1"};

// ---- one record, to change
// ------------------------------------------------------------------------

/// Record::from_row reads these by position.
#define WB_RECORD_DATA                                                                      \
  "r.id, r.record_number, r.patient_id, r.doctor_id, r.visit_date, r.visit_type, "          \
  "r.chief_complaint, r.history_of_present_illness, r.physical_examination, r.diagnosis, "  \
  "r.treatment_plan, r.prescriptions, r.vital_signs, r.lab_results, r.notes, "              \
  "r.follow_up_required, r.follow_up_date, r.follow_up_instructions, r.status, r.version, " \
  "r.voided_at IS NOT NULL, r.content_hash"
/// Content and time of the version are NULL for who waited for another writer: the row that he gets
/// is the new one, the rest of the statement still sees what there was before. Joined, the row
/// would be lost to him.
inline const db::Query<Record, RecordId> kLockRecord{
    "records.lock",
    "SELECT " WB_RECORD_DATA
    ", (SELECT v.content FROM {tenant}.record_versions v WHERE v.record_id = r.id "
    "AND v.version = r.version), (SELECT v.changed_at FROM {tenant}.record_versions v "
    "WHERE v.record_id = r.id AND v.version = r.version) "
    "FROM {tenant}.medical_records r WHERE r.id = $1 FOR UPDATE OF r"};
struct LastVersion {
  std::string content;
  Time changed_at{};
  static LastVersion from_row(const db::RowView& r) { return {r.str(0), r.time(1)}; }
};
inline const db::Query<LastVersion, RecordId, std::int64_t> kLastVersion{
    "records.last_version",
    "SELECT content, changed_at FROM {tenant}.record_versions "
    "WHERE record_id = $1 AND version = $2::bigint"};
inline const db::Query<Record, RecordId, int> kRecordsToVerify{
    "records.to_verify", "SELECT " WB_RECORD_DATA
                         " FROM {tenant}.medical_records r WHERE r.id > $1 ORDER BY r.id LIMIT $2"};

inline const db::Query<Diagnosis, RecordId> kDiagnosesOf{"records.diagnoses", R"sql(
  SELECT id, record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, notes,
    created_by, created_at, updated_at
  FROM {tenant}.diagnoses WHERE record_id = $1 AND removed_at IS NULL ORDER BY id)sql"};

/// The diagnoses of records $1 (after) to $2.
inline const db::Query<Diagnosis, RecordId, RecordId> kDiagnosesToVerify{
    "records.diagnoses_to_verify", R"sql(
  SELECT id, record_id, icd_code, icd_release, diagnosis_name, diagnosis_type, status, notes,
    created_by, created_at, updated_at
  FROM {tenant}.diagnoses WHERE record_id > $1 AND record_id <= $2 AND removed_at IS NULL
  ORDER BY record_id, id)sql"};

/// What only the database knows of an input. A bare date is midnight in the tenant's time zone.
struct Resolved {
  std::optional<std::string> visit_date;
  std::optional<Date> visit_day;  ///< where the hospital is
  std::optional<Date> date_of_birth;
  bool is_doctor = false;
  static Resolved from_row(const db::RowView& r) {
    return {r.is_null(0) ? std::nullopt : std::optional(pg_time_to_rfc3339(r.text(0))),
            r.maybe_date(1), r.maybe_date(2), r.boolean(3)};
  }
};
inline const db::Query<Resolved, MaybeId, MaybeId, MaybeText> kResolve{"records.resolve", R"sql(
  SELECT v.visit, (v.visit AT TIME ZONE t.time_zone)::date, p.date_of_birth,
         s.account_id IS NOT NULL
  FROM wardbook.my_tenant t
  CROSS JOIN LATERAL (SELECT CASE WHEN length($3::text) = 10
      THEN $3::text::timestamp AT TIME ZONE t.time_zone ELSE $3::text::timestamptz END AS visit) v
  LEFT JOIN {tenant}.patients p ON p.id = $1
  LEFT JOIN {tenant}.staff s ON s.account_id = $2 AND s.role = 'doctor' AND s.active)sql"};

struct NewIds {
  RecordId id;
  std::string number;
  static NewIds from_row(const db::RowView& r) { return {r.id<RecordId>(0), r.str(1)}; }
};
/// The year is that of the hospital's calendar; a number is never given out twice.
inline const db::Query<NewIds> kNewIds{"records.new_ids", R"sql(
  SELECT nextval('{tenant}.record_ids'),
         'MR-' || to_char(now() AT TIME ZONE t.time_zone, 'YYYY') || '-'
               || wardbook.padded(nextval('{tenant}.record_numbers'))
  FROM wardbook.my_tenant t)sql"};

inline const db::Query<void, RecordId, std::string, PatientId, AccountId, std::string, std::string,
                       MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, db::Json, db::Json,
                       db::Json, MaybeText, bool, std::optional<Date>, MaybeText, std::string,
                       AccountId, std::string, MaybeId, MaybeId, std::string, int>
    kInsertRecord{"records.insert", R"sql(
  INSERT INTO {tenant}.medical_records (id, record_number, patient_id, doctor_id, visit_date,
    visit_type, chief_complaint, history_of_present_illness, physical_examination, diagnosis,
    treatment_plan, prescriptions, vital_signs, lab_results, notes, follow_up_required,
    follow_up_date, follow_up_instructions, content_hash, created_by, created_at, updated_at,
    template_id, template_version, search, search_format)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $21, $22, $23, $24, $25))sql"};

/// What a template pre-fills.
struct TemplateRow {
  std::int64_t version = 0;
  std::string visit_type;
  std::string content;
  static TemplateRow from_row(const db::RowView& r) { return {r.int64(0), r.str(1), r.str(2)}; }
};
inline const db::Query<TemplateRow, TemplateId> kTemplate{"records.template", R"sql(
  SELECT version, visit_type, content FROM {tenant}.templates
  WHERE id = $1 AND removed_at IS NULL)sql"};

inline const db::Query<void, RecordId, PatientId, AccountId, std::string, std::string, MaybeText,
                       MaybeText, MaybeText, MaybeText, MaybeText, db::Json, db::Json, db::Json,
                       MaybeText, bool, std::optional<Date>, MaybeText, std::string, std::int64_t,
                       std::string, std::string, int>
    kUpdateRecord{"records.update", R"sql(
  UPDATE {tenant}.medical_records SET patient_id = $2, doctor_id = $3, visit_date = $4,
    visit_type = $5, chief_complaint = $6, history_of_present_illness = $7,
    physical_examination = $8, diagnosis = $9, treatment_plan = $10, prescriptions = $11,
    vital_signs = $12, lab_results = $13, notes = $14, follow_up_required = $15,
    follow_up_date = $16, follow_up_instructions = $17, content_hash = $18, version = $19,
    status = $20, signed_hash = CASE WHEN $20 = 'amended' THEN $18 ELSE signed_hash END,
    search = $21, search_format = $22
  WHERE id = $1)sql"};

inline const db::Query<void, RecordId, std::int64_t, std::string, AccountId, std::string>
    kFinalizeRecord{"records.finalize", R"sql(
  UPDATE {tenant}.medical_records SET status = 'finalized', version = $2, content_hash = $3,
    signed_hash = $3, finalized_by = $4, finalized_at = $5
  WHERE id = $1)sql"};
inline const db::Query<void, RecordId, std::int64_t, std::string> kReopenRecord{"records.reopen",
                                                                                R"sql(
  UPDATE {tenant}.medical_records SET status = 'draft', version = $2, content_hash = $3,
    signed_hash = NULL, finalized_by = NULL, finalized_at = NULL
  WHERE id = $1)sql"};
inline const db::Query<void, RecordId, std::int64_t, std::string, AccountId, std::string,
                       std::string>
    kVoidRecord{"records.void", R"sql(
  UPDATE {tenant}.medical_records SET version = $2, content_hash = $3, voided_by = $4,
    voided_at = $5, void_reason = $6
  WHERE id = $1)sql"};

inline const db::Query<void, RecordId, std::int64_t, std::string, MaybeText, std::string, AccountId,
                       std::string, std::string, std::string>
    kInsertVersion{"records.insert_version", R"sql(
  INSERT INTO {tenant}.record_versions (record_id, version, kind, reason, status, changed_by,
    changed_at, content, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))sql"};
inline const db::Query<void, RecordId, std::int64_t, std::string, AccountId, std::string,
                       std::string, std::string>
    kInsertSignature{"records.insert_signature", R"sql(
  INSERT INTO {tenant}.signatures (record_id, version, content_hash, signed_by, signed_at, meaning,
    signed_by_name)
  VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

/// The name that a signature bears: of who signs, now.
inline const db::Query<db::TextRow, AccountId> kSignersName{
    "records.signers_name", "SELECT display_name FROM {tenant}.staff WHERE account_id = $1"};

// ---- versions
// -------------------------------------------------------------------------------------

struct Signature {
  AccountId signed_by;
  MaybeText signed_by_name;
  std::string signed_at;
  std::string meaning;
  std::string content_hash;
};
struct VersionRow {
  RecordId record;
  std::int64_t version = 0;
  std::string changed_at;
  AccountId changed_by;
  MaybeText changed_by_name;
  std::string kind;
  MaybeText reason;
  std::string status;
  std::string content_hash;
  std::string content;
  std::optional<Signature> signature;  ///< where it was asked for
  static VersionRow from_row(const db::RowView& r) {
    VersionRow v{r.id<RecordId>(0),  r.int64(1),     pg_time_to_rfc3339(r.text(2)),
                 r.id<AccountId>(3), r.maybe_str(4), r.str(5),
                 r.maybe_str(6),     r.str(7),       r.str(8),
                 r.str(9),           std::nullopt};
    if (r.columns() > 10 && !r.is_null(10)) {
      v.signature = Signature{r.id<AccountId>(10), r.maybe_str(11), pg_time_to_rfc3339(r.text(12)),
                              r.str(13), r.str(14)};
    }
    return v;
  }
};
#define WB_VERSION_FIELDS                                                               \
  "SELECT v.record_id, v.version, v.changed_at, v.changed_by, s.display_name, v.kind, " \
  "v.reason, v.status, v.content_hash, v.content"
#define WB_VERSION_TABLES             \
  " FROM {tenant}.record_versions v " \
  "LEFT JOIN {tenant}.staff s ON s.account_id = v.changed_by "
#define WB_VERSION_COLUMNS WB_VERSION_FIELDS WB_VERSION_TABLES
#define WB_SIGNED_VERSION                                                               \
  WB_VERSION_FIELDS                                                                     \
  ", g.signed_by, coalesce(g.signed_by_name, n.display_name), g.signed_at, g.meaning, " \
  "g.content_hash" WB_VERSION_TABLES                                                    \
  "LEFT JOIN LATERAL (SELECT * FROM {tenant}.signatures i "                             \
  "  WHERE i.record_id = v.record_id AND i.version = v.version "                        \
  "  ORDER BY i.id LIMIT 1) g ON true "                                                 \
  "LEFT JOIN {tenant}.staff n ON n.account_id = g.signed_by "
inline const db::Query<VersionRow, RecordId, std::int64_t, int> kVersions{
    "records.versions", WB_SIGNED_VERSION
    "WHERE v.record_id = $1 AND v.version > $2::bigint ORDER BY v.version LIMIT $3"};
inline const db::Query<VersionRow, RecordId, std::int64_t> kVersion{
    "records.version", WB_SIGNED_VERSION "WHERE v.record_id = $1 AND v.version = $2::bigint"};
inline const db::Query<db::Int64Row, RecordId> kCountVersions{
    "records.count_versions", "SELECT count(*) FROM {tenant}.record_versions WHERE record_id = $1"};
inline const db::Query<db::Int64Row, RecordId> kPatientOf{
    "records.patient_of", "SELECT patient_id FROM {tenant}.medical_records WHERE id = $1"};
inline const db::Query<VersionRow, RecordId, std::int64_t, int> kVersionsToVerify{
    "records.versions_to_verify", WB_VERSION_COLUMNS
    "WHERE (v.record_id, v.version) > ($1, $2::bigint) "
    "ORDER BY v.record_id, v.version LIMIT $3"};
struct CurrentContent {
  RecordId record;
  std::string content;
  static CurrentContent from_row(const db::RowView& r) { return {r.id<RecordId>(0), r.str(1)}; }
};
/// What the current versions of records $1 (after) to $2 say.
inline const db::Query<CurrentContent, RecordId, RecordId> kContentsToVerify{
    "records.contents_to_verify", R"sql(
  SELECT r.id, v.content FROM {tenant}.medical_records r
  JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version = r.version
  WHERE r.id > $1 AND r.id <= $2 ORDER BY r.id)sql"};
/// Rows whose current state is not what their version says, or that are behind their versions.
inline const db::Query<db::Int64Row> kFirstUnlikeVersion{"records.first_unlike_version", R"sql(
  (SELECT r.id FROM {tenant}.medical_records r
   LEFT JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version = r.version
   WHERE v.content_hash IS DISTINCT FROM r.content_hash OR v.status IS DISTINCT FROM r.status
   ORDER BY r.id LIMIT 1)
  UNION ALL
  (SELECT r.id FROM {tenant}.medical_records r
   JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version > r.version
   ORDER BY r.id LIMIT 1)
  ORDER BY 1 LIMIT 1)sql"};

inline const db::Query<db::BoolRow, RecordId> kWasSigned{"records.was_signed", R"sql(
  SELECT EXISTS (SELECT FROM {tenant}.signatures WHERE record_id = $1))sql"};

/// A version or its signature that says otherwise than the other.
struct Mismatch {
  RecordId record;
  std::int64_t version = 0;
  static Mismatch from_row(const db::RowView& r) { return {r.id<RecordId>(0), r.int64(1)}; }
};
/// A signed version without its signature, or a signature without its version.
inline const db::Query<Mismatch> kFirstBadSignature{"records.first_bad_signature", R"sql(
  SELECT coalesce(v.record_id, s.record_id) AS record, coalesce(v.version, s.version) AS version
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
  WHERE (r.created_by, r.created_at) IS DISTINCT FROM (c.changed_by, c.changed_at)
    OR CASE WHEN r.status = 'draft'
         THEN r.finalized_by IS NOT NULL OR r.finalized_at IS NOT NULL OR r.signed_hash IS NOT NULL
         ELSE (r.finalized_by, r.finalized_at, r.signed_hash)
           IS DISTINCT FROM (f.changed_by, f.changed_at, s.content_hash) END
    OR CASE WHEN r.voided_at IS NULL THEN n.kind = 'voided'
         ELSE (n.kind, r.voided_by, r.voided_at, r.void_reason)
           IS DISTINCT FROM ('voided', n.changed_by, n.changed_at, n.reason) END
  ORDER BY r.id LIMIT 1)sql"};
/// A version that is not what the audit log, which is sealed, says of the change: kind, reason,
/// author and hash; and, where it says them, the record's number and the signer's name. An erased
/// entry says only who did what to which record, so each stands for one version at most.
inline const db::Query<Mismatch> kFirstUnaudited{"records.first_unaudited", R"sql(
  WITH versions AS (
    SELECT v.*, CASE v.kind WHEN 'created' THEN 'record.create' WHEN 'updated' THEN 'record.update'
      WHEN 'diagnosis' THEN 'record.diagnose' WHEN 'finalized' THEN 'record.finalize'
      WHEN 'amended' THEN 'record.amend' WHEN 'reopened' THEN 'record.reopen'
      ELSE 'record.void' END AS action
    FROM {tenant}.record_versions v
  ), unvouched AS (
    SELECT v.record_id, v.version, v.action, v.changed_by,
           row_number() OVER (PARTITION BY v.record_id, v.action, v.changed_by
                              ORDER BY v.version) AS n
    FROM versions v
    WHERE NOT EXISTS (
      SELECT FROM {tenant}.audit_log a
      WHERE a.resource = 'record' AND a.outcome = 'ok' AND a.resource_id = v.record_id
        AND a.after->>'version' = v.version::text AND a.after->>'content_hash' = v.content_hash
        AND (a.after->>'record_number' IS NULL OR EXISTS (
          SELECT FROM {tenant}.medical_records r
          WHERE r.id = v.record_id AND r.record_number = a.after->>'record_number'))
        AND (a.after->>'signed_by_name' IS NULL OR EXISTS (
          SELECT FROM {tenant}.signatures s WHERE s.record_id = v.record_id
            AND s.version = v.version AND s.signed_by_name = a.after->>'signed_by_name'))
        AND a.actor_id = v.changed_by AND coalesce(a.reason, '') = coalesce(v.reason, '')
        AND a.action = v.action)
  )
  SELECT u.record_id, u.version FROM unvouched u
  LEFT JOIN (SELECT a.resource_id, a.action, a.actor_id, count(*) AS entries
             FROM {tenant}.audit_log a
             WHERE a.salt IS NULL AND a.resource = 'record' AND a.outcome = 'ok'
             GROUP BY a.resource_id, a.action, a.actor_id) e
    ON e.resource_id = u.record_id AND e.action = u.action AND e.actor_id = u.changed_by
  WHERE u.n > coalesce(e.entries, 0)
  ORDER BY 1, 2 LIMIT 1)sql"};

// ---- lists
// ----------------------------------------------------------------------------------------

#define WB_RECORD_LIST(sort_key) \
  "SELECT " WB_RECORD_COLUMNS ", " sort_key " FROM {tenant}.medical_records r "

/// Newest visit first: all, and a patient's. The cursor's start is ('infinity', max), so that both
/// pages are the same index range scan.
inline const db::Query<RecordView, std::string, std::int64_t, int> kRecent{
    "records.recent", WB_RECORD_LIST("r.visit_date::text")
    "WHERE r.voided_at IS NULL AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint) "
    "ORDER BY r.visit_date DESC, r.id DESC LIMIT $3"};
inline const db::Query<RecordView, std::string, std::int64_t, int, std::int64_t> kRecentOfPatient{
    "records.recent_of_patient", WB_RECORD_LIST("r.visit_date::text")
    "WHERE r.patient_id = $4 AND r.voided_at IS NULL "
    "AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint) "
    "ORDER BY r.visit_date DESC, r.id DESC LIMIT $3"};

/// Statements of a search or a filtered list are planned with their values: whether a word is rare
/// or a patient is named decides everything.
inline const db::Query<db::TextRow> kPlanAnew{
    "records.plan_anew",
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true) "
    "|| set_config('work_mem', '32MB', true)"};

/// A filter in the database's terms: bare dates are days where the hospital is (`to` is that whole
/// day). `window` is where a ranked search begins, -infinity: at the beginning.
struct Scope {
  MaybeText from;
  MaybeText to;
  std::string today;
  std::string window;
  std::string query;  ///< a tsquery
  static Scope from_row(const db::RowView& r) {
    return {r.maybe_str(0), r.maybe_str(1), r.str(2), r.str(3), {}};
  }
};
/// $3 is the tsquery, $4 how many candidates a ranked search has.
inline const db::Query<Scope, MaybeText, MaybeText, std::string, int> kScope{"records.scope",
                                                                             R"sql(
  SELECT s.since, s.before, s.today,
    wardbook.search_window('{tenant}.medical_records', $3::tsquery,
      coalesce(s.before, 'infinity'), $4::integer)
  FROM (SELECT (now() AT TIME ZONE t.time_zone)::date AS today,
          CASE WHEN length($1) = 10 THEN $1::timestamp AT TIME ZONE t.time_zone
               ELSE $1::timestamptz END AS since,
          CASE WHEN length($2) = 10
               THEN ($2::timestamp + interval '1 day') AT TIME ZONE t.time_zone
               ELSE $2::timestamptz END AS before
        FROM wardbook.my_tenant t) s)sql"};

/// $1 patient, $2 doctor, $3 status, $4 visit type, $5 from, $6 to (exclusive), $7 code (LIKE
/// pattern), $8 follow-up (due, overdue), $9 today, $10 words. The follow-ups that are outstanding
/// are in the table follow_ups.
#define WB_FILTER_OF_VISIT                                                                \
  "WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1) "              \
  "AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3) " \
  "AND ($4::text IS NULL OR r.visit_type = $4) "                                          \
  "AND ($5::timestamptz IS NULL OR r.visit_date >= $5) "                                  \
  "AND ($6::timestamptz IS NULL OR r.visit_date < $6) "                                   \
  "AND ($10::tsquery IS NULL OR r.search @@ $10) "
#define WB_FILTER_BUT_CODE                                                           \
  WB_FILTER_OF_VISIT                                                                 \
  "AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f " \
  "  WHERE (f.due < $9::date) = ($8 = 'overdue'))) "

#define WB_HAS_CODE                                                                             \
  "EXISTS (SELECT FROM {tenant}.diagnoses d WHERE d.record_id = r.id AND d.removed_at IS NULL " \
  "  AND d.icd_code LIKE $7) "
#define WB_MAYBE_CODE "AND ($7::text IS NULL OR " WB_HAS_CODE ") "
#define WB_RECORD_FILTER WB_FILTER_BUT_CODE WB_MAYBE_CODE
/// For lists of a code: an EXISTS behind an OR is no join to the planner, which then either asks
/// for each record or gathers all that have the code, but never starts with the rarer.
#define WB_CODED_FILTER WB_FILTER_BUT_CODE "AND " WB_HAS_CODE

#define WB_RECORD_FILTER_TYPES                                                                   \
  MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, \
      MaybeText

/// The filtered list in one of its orders: $11 the cursor's key, $12 its id, $13 the limit. Each
/// order twice: along its index until there are enough (what matches is frequent), and all that
/// match, then sorted (it is rare): the planner cannot be trusted with that, since it takes looking
/// at a search document for as cheap as looking at a number.
using FilteredList = db::Query<RecordView, WB_RECORD_FILTER_TYPES, std::string, std::int64_t, int>;
#define WB_ALONG(filter, key, type, compare, direction)                               \
  WB_RECORD_LIST(key "::text")                                                        \
  filter "AND (" key ", r.id) " compare " ($11::" type ", $12::bigint) ORDER BY " key \
         " " direction ", r.id " direction " LIMIT $13"
#define WB_SORTED(filter, key, type, compare, direction)                                          \
  "WITH page AS MATERIALIZED (SELECT m.id, m.key FROM (SELECT r.id, " key                         \
  " AS key FROM {tenant}.medical_records r " filter "AND (" key ", r.id) " compare " ($11::" type \
  ", $12::bigint) OFFSET 0) m ORDER BY m.key " direction ", m.id " direction                      \
  " LIMIT $13) " WB_RECORD_LIST(                                                                  \
      "p.key::text") "JOIN page p ON p.id = r.id ORDER BY p.key " direction ", p.id " direction

#define WB_BY_VISIT_DOWN(way, filter) way(filter, "r.visit_date", "timestamptz", "<", "DESC")
#define WB_BY_VISIT_UP(way, filter) way(filter, "r.visit_date", "timestamptz", ">", "ASC")
#define WB_BY_CREATED_DOWN(way, filter) way(filter, "r.created_at", "timestamptz", "<", "DESC")
#define WB_BY_CREATED_UP(way, filter) way(filter, "r.created_at", "timestamptz", ">", "ASC")
#define WB_BY_UPDATED_DOWN(way, filter) way(filter, "r.updated_at", "timestamptz", "<", "DESC")
#define WB_BY_UPDATED_UP(way, filter) way(filter, "r.updated_at", "timestamptz", ">", "ASC")
#define WB_BY_FOLLOW_UP(way, filter) \
  way(filter, "coalesce(r.follow_up_date, 'infinity'::date)", "date", ">", "ASC")
#define WB_BY_FOLLOW_UP_DOWN(way, filter) \
  way(filter, "coalesce(r.follow_up_date, '-infinity'::date)", "date", "<", "DESC")

inline const FilteredList kByVisitDown{"records.by_visit_down",
                                       WB_BY_VISIT_DOWN(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByVisitDown{"records.coded_by_visit_down",
                                            WB_BY_VISIT_DOWN(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByVisitDown{"records.few_by_visit_down",
                                          WB_BY_VISIT_DOWN(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByVisitUp{"records.by_visit_up",
                                     WB_BY_VISIT_UP(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByVisitUp{"records.coded_by_visit_up",
                                          WB_BY_VISIT_UP(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByVisitUp{"records.few_by_visit_up",
                                        WB_BY_VISIT_UP(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByCreatedDown{"records.by_created_down",
                                         WB_BY_CREATED_DOWN(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByCreatedDown{"records.coded_by_created_down",
                                              WB_BY_CREATED_DOWN(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByCreatedDown{"records.few_by_created_down",
                                            WB_BY_CREATED_DOWN(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByCreatedUp{"records.by_created_up",
                                       WB_BY_CREATED_UP(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByCreatedUp{"records.coded_by_created_up",
                                            WB_BY_CREATED_UP(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByCreatedUp{"records.few_by_created_up",
                                          WB_BY_CREATED_UP(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByUpdatedDown{"records.by_updated_down",
                                         WB_BY_UPDATED_DOWN(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByUpdatedDown{"records.coded_by_updated_down",
                                              WB_BY_UPDATED_DOWN(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByUpdatedDown{"records.few_by_updated_down",
                                            WB_BY_UPDATED_DOWN(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByUpdatedUp{"records.by_updated_up",
                                       WB_BY_UPDATED_UP(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByUpdatedUp{"records.coded_by_updated_up",
                                            WB_BY_UPDATED_UP(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByUpdatedUp{"records.few_by_updated_up",
                                          WB_BY_UPDATED_UP(WB_SORTED, WB_RECORD_FILTER)};
inline const FilteredList kByFollowUp{"records.by_follow_up",
                                      WB_BY_FOLLOW_UP(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByFollowUp{"records.coded_by_follow_up",
                                           WB_BY_FOLLOW_UP(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByFollowUp{"records.few_by_follow_up",
                                         WB_BY_FOLLOW_UP(WB_SORTED, WB_RECORD_FILTER)};

inline const FilteredList kByFollowUpDown{"records.by_follow_up_down",
                                          WB_BY_FOLLOW_UP_DOWN(WB_ALONG, WB_RECORD_FILTER)};
inline const FilteredList kCodedByFollowUpDown{"records.coded_by_follow_up_down",
                                               WB_BY_FOLLOW_UP_DOWN(WB_ALONG, WB_CODED_FILTER)};
inline const FilteredList kFewByFollowUpDown{"records.few_by_follow_up_down",
                                             WB_BY_FOLLOW_UP_DOWN(WB_SORTED, WB_RECORD_FILTER)};

/// The worklist in its own order, both ways, as the lists above.
#define WB_WORKLIST(compare, direction)                                                     \
  WB_RECORD_LIST("f.due::text")                                                             \
  "JOIN {tenant}.follow_ups f ON f.record_id = r.id " WB_FILTER_OF_VISIT WB_MAYBE_CODE      \
  "AND CASE WHEN $8 = 'overdue' THEN f.due < $9::date ELSE f.due >= $9::date END "          \
  "AND (f.due, f.record_id) " compare " ($11::date, $12::bigint) ORDER BY f.due " direction \
  ", f.record_id " direction " LIMIT $13"
inline const FilteredList kWorklist{"records.worklist", WB_WORKLIST(">", "ASC")};
inline const FilteredList kWorklistDown{"records.worklist_down", WB_WORKLIST("<", "DESC")};

/// Around a ranked search, which has two indexes that narrow it down: the planner would walk along
/// one and look at each document, since it counts nothing for unpacking those.
inline const db::Query<db::TextRow, bool> kIndexScans{
    "records.index_scans", "SELECT set_config('enable_indexscan', $1::boolean::text, true)"};

/// The best of the newest matches, not older than ($11, $12): $13, $14 the cursor's rank and id,
/// $15 the limit, $16 how many of the newest are looked at (NULL: all). The sort key is
/// `rank|id|visit_date`, the latter two of the oldest one that was looked at.
inline const db::Query<RecordView, WB_RECORD_FILTER_TYPES, std::string, std::int64_t, std::int64_t,
                       std::int64_t, int, std::optional<std::int64_t>>
    kByRank{"records.by_rank",
            "WITH newest AS MATERIALIZED (SELECT m.id, m.visit_date FROM (SELECT r.id, "
            "  r.visit_date FROM {tenant}.medical_records r " WB_RECORD_FILTER
            "  AND r.visit_date >= $11::timestamptz "
            "  AND (r.visit_date > $11 OR r.id >= $12::bigint) OFFSET 0) m "
            "  ORDER BY m.visit_date DESC, m.id DESC LIMIT $16::bigint), "
            "edge AS MATERIALIZED (SELECT coalesce(o.id, $12::bigint) || '|' || "
            "    coalesce(o.visit_date, $11::timestamptz) AS place FROM (SELECT) one LEFT JOIN ("
            "    SELECT n.id, n.visit_date FROM newest n WHERE (SELECT count(*) FROM newest) = $16 "
            "    ORDER BY n.visit_date, n.id LIMIT 1) o ON true), "
            "page AS MATERIALIZED (SELECT k.id, k.rank FROM (SELECT n.id, "
            "    (1000000 * ts_rank(r.search, $10))::bigint AS rank "
            "    FROM newest n JOIN {tenant}.medical_records r ON r.id = n.id) k "
            "  WHERE (k.rank, k.id) < ($13::bigint, $14::bigint) "
            "  ORDER BY k.rank DESC, k.id DESC LIMIT $15) " WB_RECORD_LIST(
                "p.rank || '|' || e.place") "JOIN page p ON p.id = r.id CROSS JOIN edge e "
                                            "ORDER BY p.rank DESC, p.id DESC"};

inline const db::Query<db::Int64Row, WB_RECORD_FILTER_TYPES> kCountFiltered{
    "records.count", "SELECT count(*) FROM {tenant}.medical_records r " WB_RECORD_FILTER};

/// Of words alone: the index knows, as long as no row is looked at (voided ones are not in it).
inline const db::Query<db::Int64Row, std::string> kCountWords{
    "records.count_words",
    "SELECT count(*) FROM {tenant}.medical_records r WHERE r.search @@ $1::tsquery"};
inline const db::Query<db::TextRow, bool> kTableScans{
    "records.table_scans", "SELECT set_config('enable_seqscan', $1::boolean::text, true)"};

}  // namespace wardbook::records

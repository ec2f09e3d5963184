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
/// come as the text that is kept beside them, a diagnosis and the patient as arrays of text.
#define WB_RECORD_COLUMNS                                                                        \
  "r.id, r.patient_id, r.version, r.record_number, r.doctor_id, r.visit_date, r.visit_type, "    \
  "r.chief_complaint, r.history_of_present_illness, r.physical_examination, r.diagnosis, "       \
  "r.treatment_plan, r.prescriptions_text, r.vital_signs_text, r.lab_results_text, r.notes, "    \
  "r.follow_up_required, r.follow_up_date, r.follow_up_instructions, r.status, r.finalized_at, " \
  "r.finalized_by, r.signed_hash, r.content_hash, r.template_id, r.template_version, "           \
  "r.created_by, r.created_at, r.updated_at, "                                                   \
  "ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, "                \
  "   d.diagnosis_name, d.diagnosis_type, d.status, d.notes, d.created_by::text, "               \
  "   d.created_at::text, d.updated_at::text] FROM {tenant}.diagnoses d "                        \
  "   WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id), "                        \
  "(SELECT ARRAY[p.patient_number, p.first_name, p.last_name] FROM {tenant}.patients p "         \
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
inline const db::Query<Record, RecordId> kLockRecord{
    "records.lock",
    "SELECT " WB_RECORD_DATA " FROM {tenant}.medical_records r WHERE r.id = $1 FOR UPDATE"};
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
                       AccountId, std::string, MaybeId, MaybeId>
    kInsertRecord{"records.insert", R"sql(
  INSERT INTO {tenant}.medical_records (id, record_number, patient_id, doctor_id, visit_date,
    visit_type, chief_complaint, history_of_present_illness, physical_examination, diagnosis,
    treatment_plan, prescriptions, vital_signs, lab_results, notes, follow_up_required,
    follow_up_date, follow_up_instructions, content_hash, created_by, created_at, updated_at,
    template_id, template_version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $21, $22, $23))sql"};

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

/// Allergies of a record's patient that a prescription names: [{code, pointer, message}].
inline const db::Query<db::TextRow, RecordId> kWarnings{"records.warnings", R"sql(
  SELECT coalesce(json_agg(json_build_object('code', 'allergy',
      'pointer', '/prescriptions/' || (i.position - 1),
      'message', 'The patient is allergic to ' || (g.item->>'substance') || '.')
      ORDER BY i.position), '[]')
  FROM {tenant}.medical_records r JOIN {tenant}.patients p ON p.id = r.patient_id
  CROSS JOIN LATERAL jsonb_array_elements(r.prescriptions) WITH ORDINALITY AS i(item, position)
  CROSS JOIN LATERAL jsonb_array_elements(p.allergies) AS g(item)
  WHERE r.id = $1 AND length(g.item->>'substance') > 2
    AND (strpos({tenant}.fold(i.item->>'medication'), {tenant}.fold(g.item->>'substance')) > 0
      OR strpos({tenant}.fold(g.item->>'substance'), {tenant}.fold(i.item->>'medication')) > 0)
)sql"};

inline const db::Query<void, RecordId, PatientId, AccountId, std::string, std::string, MaybeText,
                       MaybeText, MaybeText, MaybeText, MaybeText, db::Json, db::Json, db::Json,
                       MaybeText, bool, std::optional<Date>, MaybeText, std::string, std::int64_t,
                       std::string>
    kUpdateRecord{"records.update", R"sql(
  UPDATE {tenant}.medical_records SET patient_id = $2, doctor_id = $3, visit_date = $4,
    visit_type = $5, chief_complaint = $6, history_of_present_illness = $7,
    physical_examination = $8, diagnosis = $9, treatment_plan = $10, prescriptions = $11,
    vital_signs = $12, lab_results = $13, notes = $14, follow_up_required = $15,
    follow_up_date = $16, follow_up_instructions = $17, content_hash = $18, version = $19,
    status = $20
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
                       std::string>
    kInsertSignature{"records.insert_signature", R"sql(
  INSERT INTO {tenant}.signatures (record_id, version, content_hash, signed_by, signed_at, meaning)
  VALUES ($1, $2, $3, $4, $5, $6))sql"};

// ---- versions
// -------------------------------------------------------------------------------------

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
  static VersionRow from_row(const db::RowView& r) {
    return {r.id<RecordId>(0),
            r.int64(1),
            pg_time_to_rfc3339(r.text(2)),
            r.id<AccountId>(3),
            r.maybe_str(4),
            r.str(5),
            r.maybe_str(6),
            r.str(7),
            r.str(8),
            r.str(9)};
  }
};
#define WB_VERSION_COLUMNS                                                              \
  "SELECT v.record_id, v.version, v.changed_at, v.changed_by, s.display_name, v.kind, " \
  "v.reason, v.status, v.content_hash, v.content FROM {tenant}.record_versions v "      \
  "LEFT JOIN {tenant}.staff s ON s.account_id = v.changed_by "
inline const db::Query<VersionRow, RecordId, std::int64_t, int> kVersions{
    "records.versions",
    WB_VERSION_COLUMNS "WHERE v.record_id = $1 AND v.version > $2 ORDER BY v.version LIMIT $3"};
inline const db::Query<VersionRow, RecordId, std::int64_t> kVersion{
    "records.version", WB_VERSION_COLUMNS "WHERE v.record_id = $1 AND v.version = $2"};
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
/// Rows whose current state is not what their version says.
inline const db::Query<db::Int64Row> kFirstUnlikeVersion{"records.first_unlike_version", R"sql(
  SELECT r.id FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.record_versions v ON v.record_id = r.id AND v.version = r.version
  WHERE v.content_hash IS DISTINCT FROM r.content_hash OR v.status IS DISTINCT FROM r.status
  ORDER BY r.id LIMIT 1)sql"};

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

/// $1 patient, $2 doctor, $3 status, $4 visit type, $5 from, $6 to, $7 code (LIKE pattern),
/// $8 follow-up (due, overdue), $9 words, $10 phrases. A bare `to` date is that whole day. A
/// follow-up is outstanding until the patient has been seen again.
#define WB_RECORD_FILTER                                                                        \
  "CROSS JOIN wardbook.my_tenant t "                                                            \
  "CROSS JOIN LATERAL (SELECT {tenant}.record_query($9::text[], $10::text[]) AS query) q "      \
  "WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1) "                    \
  "AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3) "       \
  "AND ($4::text IS NULL OR r.visit_type = $4) "                                                \
  "AND ($5::text IS NULL OR r.visit_date >= CASE WHEN length($5) = 10 "                         \
  "  THEN $5::timestamp AT TIME ZONE t.time_zone ELSE $5::timestamptz END) "                    \
  "AND ($6::text IS NULL OR r.visit_date < CASE WHEN length($6) = 10 "                          \
  "  THEN ($6::timestamp + interval '1 day') AT TIME ZONE t.time_zone "                         \
  "  ELSE $6::timestamptz END) "                                                                \
  "AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d WHERE d.record_id = r.id " \
  "  AND d.removed_at IS NULL AND d.icd_code LIKE $7)) "                                        \
  "AND ($8::text IS NULL OR (r.follow_up_required "                                             \
  "  AND (r.follow_up_date < (now() AT TIME ZONE t.time_zone)::date) = ($8 = 'overdue') "       \
  "  AND NOT EXISTS (SELECT FROM {tenant}.medical_records n WHERE n.patient_id = r.patient_id " \
  "    AND n.visit_date > r.visit_date AND n.voided_at IS NULL))) "                             \
  "AND (cardinality($9::text[]) + cardinality($10::text[]) = 0 OR r.search @@ q.query) "

#define WB_RECORD_FILTER_TYPES                                                        \
  MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText, \
      std::vector<std::string>, std::vector<std::string>

/// The filtered list in one of its orders: $11 the cursor's key, $12 its id, $13 the limit.
using FilteredList = db::Query<RecordView, WB_RECORD_FILTER_TYPES, std::string, std::int64_t, int>;
#define WB_FILTERED_LIST(key, type, compare, direction)                                         \
  WB_RECORD_LIST(key "::text")                                                                  \
  WB_RECORD_FILTER "AND (" key ", r.id) " compare " ($11::" type ", $12::bigint) ORDER BY " key \
                   " " direction ", r.id " direction " LIMIT $13"

inline const FilteredList kByVisitDown{
    "records.by_visit_down", WB_FILTERED_LIST("r.visit_date", "timestamptz", "<", "DESC")};
inline const FilteredList kByVisitUp{"records.by_visit_up",
                                     WB_FILTERED_LIST("r.visit_date", "timestamptz", ">", "ASC")};
inline const FilteredList kByCreatedDown{
    "records.by_created_down", WB_FILTERED_LIST("r.created_at", "timestamptz", "<", "DESC")};
inline const FilteredList kByCreatedUp{"records.by_created_up",
                                       WB_FILTERED_LIST("r.created_at", "timestamptz", ">", "ASC")};
inline const FilteredList kByUpdatedDown{
    "records.by_updated_down", WB_FILTERED_LIST("r.updated_at", "timestamptz", "<", "DESC")};
inline const FilteredList kByUpdatedUp{"records.by_updated_up",
                                       WB_FILTERED_LIST("r.updated_at", "timestamptz", ">", "ASC")};
inline const FilteredList kByFollowUp{
    "records.by_follow_up",
    WB_FILTERED_LIST("coalesce(r.follow_up_date, 'infinity'::date)", "date", ">", "ASC")};
inline const FilteredList kByRank{
    "records.by_rank",
    WB_FILTERED_LIST("(1000000 * ts_rank(r.search, q.query))::bigint", "bigint", "<", "DESC")};

inline const db::Query<db::Int64Row, WB_RECORD_FILTER_TYPES> kCountFiltered{
    "records.count", "SELECT count(*) FROM {tenant}.medical_records r " WB_RECORD_FILTER};

/// Marked extracts of the fields where the words stand, HTML-escaped around <mark>.
struct Snippets {
  RecordId id;
  std::string json;
  static Snippets from_row(const db::RowView& r) { return {r.id<RecordId>(0), r.str(1)}; }
};
inline const db::Query<Snippets, std::vector<std::int64_t>, std::vector<std::string>,
                       std::vector<std::string>>
    kSnippets{"records.snippets", R"sql(
  SELECT r.id, coalesce(json_agg(h.snippet) FILTER (WHERE h.snippet LIKE '%<mark>%'), '[]')
  FROM {tenant}.medical_records r
  CROSS JOIN LATERAL (SELECT {tenant}.record_query($2::text[], $3::text[]) AS query) q
  CROSS JOIN LATERAL (
    SELECT ts_headline('pg_catalog.english',
             replace(replace(replace(f.value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), q.query,
             'StartSel=<mark>, StopSel=</mark>, MaxWords=24, MinWords=8, MaxFragments=2') AS snippet
    FROM (VALUES (r.chief_complaint), (r.diagnosis), (r.history_of_present_illness),
                 (r.physical_examination), (r.treatment_plan), (r.notes)) AS f(value)
    WHERE f.value IS NOT NULL) h
  WHERE r.id = ANY ($1::bigint[]) GROUP BY r.id)sql"};

}  // namespace wardbook::records

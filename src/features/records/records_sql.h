#pragma once

#include "db/query.h"
#include "features/records/records.h"

// Tables: owns {tenant}.medical_records {tenant}.record_versions {tenant}.signatures
// Tables: owns {tenant}.follow_ups {tenant}.record_numbers {tenant}.record_ids
// Tables: reads {tenant}.patients {tenant}.diagnoses {tenant}.templates {tenant}.staff
// Tables: reads {tenant}.audit_log wardbook.my_tenant

namespace wardbook::records {

using MaybeText = std::optional<std::string>;
using MaybeId = std::optional<std::int64_t>;

// ---- one record, to send

// What is costly for PostgreSQL to write (jsonb, to_char, json_build_object) is left to the reader:
// the fields come as the content's text, a diagnosis and the patient as arrays of text.

inline const db::Query<RecordView, RecordId> kGetRecord{"records.get", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.version, r.revision, r.record_number, r.content,
    r.status, r.finalized_at, r.finalized_by, r.signed_hash, r.content_hash, r.template_id,
    r.template_version, r.created_by, r.created_at, r.updated_at,
    doctor.display_name AS doctor_name, author.display_name AS created_by_name,
    signer.display_name AS finalized_by_name,
    coalesce(greatest(doctor.renamed_at, author.renamed_at, signer.renamed_at)
      >= r.updated_at - interval '5 minutes', false) AS somebody_renamed,
    ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, d.diagnosis_name,
            d.diagnosis_type, d.status, d.notes, d.created_by::text, d.created_at::text,
            d.updated_at::text]
          FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id) AS diagnoses,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name,
            CASE WHEN p.allergies <> '[]' THEN p.allergies::text END,
            (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  LEFT JOIN {tenant}.staff signer ON signer.account_id = r.finalized_by
  WHERE r.id = $1 AND r.voided_at IS NULL)sql"};

/// After a change, voided or not.
inline const db::Query<RecordView, RecordId> kShowRecord{"records.show", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.version, r.revision, r.record_number, r.content,
    r.status, r.finalized_at, r.finalized_by, r.signed_hash, r.content_hash, r.template_id,
    r.template_version, r.created_by, r.created_at, r.updated_at,
    doctor.display_name AS doctor_name, author.display_name AS created_by_name,
    signer.display_name AS finalized_by_name,
    coalesce(greatest(doctor.renamed_at, author.renamed_at, signer.renamed_at)
      >= r.updated_at - interval '5 minutes', false) AS somebody_renamed,
    ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, d.diagnosis_name,
            d.diagnosis_type, d.status, d.notes, d.created_by::text, d.created_at::text,
            d.updated_at::text]
          FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id) AS diagnoses,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name,
            CASE WHEN p.allergies <> '[]' THEN p.allergies::text END,
            (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  LEFT JOIN {tenant}.staff signer ON signer.account_id = r.finalized_by
  WHERE r.id = $1)sql"};

/// Those of a list's page, in its order.
inline const db::Query<RecordView, std::vector<std::int64_t>> kRecordsOf{"records.of_page", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.version, r.revision, r.record_number, r.content,
    r.status, r.finalized_at, r.finalized_by, r.signed_hash, r.content_hash, r.template_id,
    r.template_version, r.created_by, r.created_at, r.updated_at,
    doctor.display_name AS doctor_name, author.display_name AS created_by_name,
    signer.display_name AS finalized_by_name,
    coalesce(greatest(doctor.renamed_at, author.renamed_at, signer.renamed_at)
      >= r.updated_at - interval '5 minutes', false) AS somebody_renamed,
    ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, d.diagnosis_name,
            d.diagnosis_type, d.status, d.notes, d.created_by::text, d.created_at::text,
            d.updated_at::text]
          FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id) AS diagnoses,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name,
            CASE WHEN p.allergies <> '[]' THEN p.allergies::text END,
            (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM unnest($1::bigint[]) WITH ORDINALITY AS page(id, place)
  JOIN {tenant}.medical_records r ON r.id = page.id
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  LEFT JOIN {tenant}.staff signer ON signer.account_id = r.finalized_by
  ORDER BY page.place)sql"};

/// Newest visit first: all, and a patient's. The cursor's start is ('infinity', max), so that both
/// pages are the same index range scan.
inline const db::Query<RecordView, std::string, std::int64_t, int> kRecent{"records.recent", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.version, r.revision, r.record_number, r.content,
    r.status, r.finalized_at, r.finalized_by, r.signed_hash, r.content_hash, r.template_id,
    r.template_version, r.created_by, r.created_at, r.updated_at,
    doctor.display_name AS doctor_name, author.display_name AS created_by_name,
    signer.display_name AS finalized_by_name,
    coalesce(greatest(doctor.renamed_at, author.renamed_at, signer.renamed_at)
      >= r.updated_at - interval '5 minutes', false) AS somebody_renamed,
    ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, d.diagnosis_name,
            d.diagnosis_type, d.status, d.notes, d.created_by::text, d.created_at::text,
            d.updated_at::text]
          FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id) AS diagnoses,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name,
            CASE WHEN p.allergies <> '[]' THEN p.allergies::text END,
            (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  LEFT JOIN {tenant}.staff signer ON signer.account_id = r.finalized_by
  WHERE r.voided_at IS NULL AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $3)sql"};
inline const db::Query<RecordView, std::string, std::int64_t, int, std::int64_t> kRecentOfPatient{
    "records.recent_of_patient", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.version, r.revision, r.record_number, r.content,
    r.status, r.finalized_at, r.finalized_by, r.signed_hash, r.content_hash, r.template_id,
    r.template_version, r.created_by, r.created_at, r.updated_at,
    doctor.display_name AS doctor_name, author.display_name AS created_by_name,
    signer.display_name AS finalized_by_name,
    coalesce(greatest(doctor.renamed_at, author.renamed_at, signer.renamed_at)
      >= r.updated_at - interval '5 minutes', false) AS somebody_renamed,
    ARRAY(SELECT ARRAY[d.id::text, d.record_id::text, d.icd_code, d.icd_release, d.diagnosis_name,
            d.diagnosis_type, d.status, d.notes, d.created_by::text, d.created_at::text,
            d.updated_at::text]
          FROM {tenant}.diagnoses d
          WHERE d.record_id = r.id AND d.removed_at IS NULL ORDER BY d.id) AS diagnoses,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name,
            CASE WHEN p.allergies <> '[]' THEN p.allergies::text END,
            (p.version > 1 AND p.updated_at >= r.updated_at - interval '5 minutes')::text]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  LEFT JOIN {tenant}.staff signer ON signer.account_id = r.finalized_by
  WHERE r.patient_id = $4 AND r.voided_at IS NULL
    AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $3)sql"};

// ---- one record, to change

inline const db::Query<Record, RecordId> kLockRecord{"records.lock", R"sql(
  SELECT r.id, r.record_number, r.content, r.status, r.version, r.voided_at IS NOT NULL AS voided,
    r.content_hash, r.revision, r.version_kind, r.version_by, r.updated_at, r.content_salt,
    r.version_begun_at, r.content_format, r.content_digest,
    jsonb_populate_record(r, r.content::jsonb) *= r AS true_columns
  FROM {tenant}.medical_records r WHERE r.id = $1 FOR UPDATE)sql"};

/// What only the database knows of an input. A bare date is midnight in the tenant's time zone.
struct Resolved {
  std::optional<std::string> visit_date;
  std::optional<Date> visit_day;  ///< where the hospital is
  std::optional<Date> date_of_birth;
  bool is_doctor = false;
  static constexpr db::Columns kColumns{"visit", "visit_day", "date_of_birth", "is_doctor"};
  static Resolved from_row(const db::RowView& r) {
    const int visit = kColumns["visit"];
    return {r.is_null(visit) ? std::nullopt : std::optional(pg_time_to_rfc3339(r.text(visit))),
            r.maybe_date(kColumns["visit_day"]), r.maybe_date(kColumns["date_of_birth"]),
            r.boolean(kColumns["is_doctor"])};
  }
};
inline const db::Query<Resolved, MaybeId, MaybeId, MaybeText> kResolve{"records.resolve", R"sql(
  SELECT v.visit, (v.visit AT TIME ZONE t.time_zone)::date AS visit_day, p.date_of_birth,
    s.account_id IS NOT NULL AS is_doctor
  FROM wardbook.my_tenant t
  CROSS JOIN LATERAL (SELECT CASE WHEN length($3::text) = 10
      THEN $3::text::timestamp AT TIME ZONE t.time_zone ELSE $3::text::timestamptz END AS visit) v
  LEFT JOIN {tenant}.patients p ON p.id = $1
  LEFT JOIN {tenant}.staff s ON s.account_id = $2 AND s.role = 'doctor' AND s.active)sql"};

struct NewIds {
  RecordId id;
  std::string number;
  static constexpr db::Columns kColumns{"id", "number"};
  static NewIds from_row(const db::RowView& r) {
    return {r.id<RecordId>(kColumns["id"]), r.str(kColumns["number"])};
  }
};
/// The year is that of the hospital's calendar; a number is never given out twice.
inline const db::Query<NewIds> kNewIds{"records.new_ids", R"sql(
  SELECT nextval('{tenant}.record_ids') AS id,
    'MR-' || to_char(now() AT TIME ZONE t.time_zone, 'YYYY') || '-'
      || wardbook.padded(nextval('{tenant}.record_numbers')) AS number
  FROM wardbook.my_tenant t)sql"};

/// What the visit says is the content; the columns of its fields are made of it (records_guard).
inline const db::Query<void, RecordId, std::string, std::string, std::string, AccountId, Time,
                       MaybeId, MaybeId, std::string, int, int, std::string, db::Bytes>
    kInsertRecord{"records.insert", R"sql(
  INSERT INTO {tenant}.medical_records (id, record_number, content, content_hash, created_by,
    created_at, updated_at, template_id, template_version, search, search_format, version_kind,
    version_by, version_begun_at, content_format, content_salt, content_digest)
  VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, 'created', $5, $6, $11, $12, $13))sql"};

/// What a template pre-fills.
struct TemplateRow {
  std::int64_t version = 0;
  std::string visit_type;
  std::string content;
  static constexpr db::Columns kColumns{"version", "visit_type", "content"};
  static TemplateRow from_row(const db::RowView& r) {
    return {r.int64(kColumns["version"]), r.str(kColumns["visit_type"]),
            r.str(kColumns["content"])};
  }
};
inline const db::Query<TemplateRow, TemplateId> kTemplate{"records.template", R"sql(
  SELECT version, visit_type, content FROM {tenant}.templates
  WHERE id = $1 AND removed_at IS NULL)sql"};

inline const db::Query<void, RecordId, std::string, std::string, int, std::int64_t, std::int64_t,
                       std::string, AccountId, Time, Time, int, std::string, db::Bytes, std::string,
                       std::string>
    kUpdateRecord{"records.update", R"sql(
  UPDATE {tenant}.medical_records SET content = $2, search = $3, search_format = $4,
    revision = $5, version = $6, version_kind = $7, version_by = $8, version_begun_at = $9,
    updated_at = $10, content_format = $11, content_salt = $12, content_digest = $13,
    content_hash = $14, status = $15,
    signed_hash = CASE WHEN $7 = 'amended' THEN $14 ELSE signed_hash END
  WHERE id = $1)sql"};

/// A step that changes no field: finalized, reopened, voided. The content may have another format.
inline const db::Query<void, RecordId, std::int64_t, std::int64_t, std::string, AccountId, Time,
                       int, std::string, db::Bytes, std::string, std::string, MaybeText,
                       std::string>
    kStepRecord{"records.step", R"sql(
  UPDATE {tenant}.medical_records SET revision = $2, version = $3, version_kind = $4,
    version_by = $5, version_begun_at = $6, updated_at = $6, content_format = $7,
    content_salt = $8, content_digest = $9, content_hash = $10, status = $11,
    signed_hash = CASE $4 WHEN 'finalized' THEN $10 WHEN 'reopened' THEN NULL
                  ELSE signed_hash END,
    finalized_by = CASE $4 WHEN 'finalized' THEN $5 WHEN 'reopened' THEN NULL
                   ELSE finalized_by END,
    finalized_at = CASE $4 WHEN 'finalized' THEN $6 WHEN 'reopened' THEN NULL
                   ELSE finalized_at END,
    voided_by = CASE WHEN $4 = 'voided' THEN $5 END,
    voided_at = CASE WHEN $4 = 'voided' THEN $6 END,
    void_reason = CASE WHEN $4 = 'voided' THEN $12::text END, content = $13
  WHERE id = $1)sql"};

/// A version that takes no more.
inline const db::Query<void, RecordId, std::int64_t, std::int64_t, std::string, std::string,
                       PatientId, AccountId, Time, Time, int, db::Bytes, std::string, std::string,
                       MaybeText, std::string>
    kInsertVersion{"records.insert_version", R"sql(
  INSERT INTO {tenant}.record_versions (record_id, version, revision, kind, status, patient_id,
    changed_by, begun_at, changed_at, content_format, content_digest, content_hash, content_salt,
    reason, content)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15))sql"};
inline const db::Query<void, RecordId, std::int64_t, std::string, AccountId, std::string,
                       std::string, std::string>
    kInsertSignature{"records.insert_signature", R"sql(
  INSERT INTO {tenant}.signatures (record_id, version, content_hash, signed_by, signed_at, meaning,
    signed_by_name)
  VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

/// The name of an account as it is now.
inline const db::Query<db::TextRow, AccountId> kStaffName{
    "records.staff_name", "SELECT display_name FROM {tenant}.staff WHERE account_id = $1"};

inline const db::Query<db::Int64Row, RecordId> kPatientOf{
    "records.patient_of", "SELECT patient_id FROM {tenant}.medical_records WHERE id = $1"};

inline const db::Query<db::BoolRow, RecordId> kWasSigned{"records.was_signed", R"sql(
  SELECT EXISTS (SELECT FROM {tenant}.signatures WHERE record_id = $1))sql"};

inline const db::Query<api::Whose, std::int64_t> kWhoseRecord{"records.whose", R"sql(
  SELECT patient_id, voided_at IS NOT NULL AS voided, false AS purged FROM {tenant}.medical_records
  WHERE id = $1)sql"};

}  // namespace wardbook::records

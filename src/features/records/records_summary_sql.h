#pragma once

#include "db/query.h"
#include "features/records/records_sql.h"

// Lists that ask for fields=summary. The statements read no column that PostgreSQL keeps apart from
// the row (the content, the long texts and lists): of the two texts that say what a visit was about
// they take the beginning.
namespace wardbook::records {

/// A record as a list shows it, whole or in summary.
struct ListedRecord {
  RecordId id;
  PatientId patient;
  std::string visit_date;  ///< as PostgreSQL writes it
  std::string json;
  static constexpr db::Columns kColumns{
      "id",         "patient_id",      "visit_date",         "record_number",
      "doctor_id",  "visit_type",      "chief_complaint",    "diagnosis",
      "status",     "finalized_at",    "follow_up_required", "follow_up_date",
      "version",    "revision",        "created_by",         "created_at",
      "updated_at", "created_by_name", "doctor_name",        "patient"};
  static ListedRecord from_row(const db::RowView& row);  ///< in summary
};

/// Those of a list's page, in its order.
inline const db::Query<ListedRecord, std::vector<std::int64_t>> kSummariesOf{
    "records.summaries_of_page", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.record_number, r.doctor_id, r.visit_type,
    substr(r.chief_complaint, 1, 201) AS chief_complaint, substr(r.diagnosis, 1, 201) AS diagnosis,
    r.status, r.finalized_at, r.follow_up_required, r.follow_up_date, r.version, r.revision,
    r.created_by, r.created_at, r.updated_at,
    author.display_name AS created_by_name, doctor.display_name AS doctor_name,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM unnest($1::bigint[]) WITH ORDINALITY AS page(id, place)
  JOIN {tenant}.medical_records r ON r.id = page.id
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  ORDER BY page.place)sql"};

/// As kRecent.
inline const db::Query<ListedRecord, std::string, std::int64_t, int> kRecentSummaries{
    "records.recent_summaries", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.record_number, r.doctor_id, r.visit_type,
    substr(r.chief_complaint, 1, 201) AS chief_complaint, substr(r.diagnosis, 1, 201) AS diagnosis,
    r.status, r.finalized_at, r.follow_up_required, r.follow_up_date, r.version, r.revision,
    r.created_by, r.created_at, r.updated_at,
    author.display_name AS created_by_name, doctor.display_name AS doctor_name,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  WHERE r.voided_at IS NULL AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $3)sql"};

/// As kRecentOfPatient.
inline const db::Query<ListedRecord, std::string, std::int64_t, int, std::int64_t>
    kRecentSummariesOfPatient{"records.recent_summaries_of_patient", R"sql(
  SELECT r.id, r.patient_id, r.visit_date, r.record_number, r.doctor_id, r.visit_type,
    substr(r.chief_complaint, 1, 201) AS chief_complaint, substr(r.diagnosis, 1, 201) AS diagnosis,
    r.status, r.finalized_at, r.follow_up_required, r.follow_up_date, r.version, r.revision,
    r.created_by, r.created_at, r.updated_at,
    author.display_name AS created_by_name, doctor.display_name AS doctor_name,
    (SELECT ARRAY[p.patient_number, p.first_name, p.last_name]
     FROM {tenant}.patients p WHERE p.id = r.patient_id) AS patient
  FROM {tenant}.medical_records r
  LEFT JOIN {tenant}.staff doctor ON doctor.account_id = r.doctor_id
  LEFT JOIN {tenant}.staff author ON author.account_id = r.created_by
  WHERE r.patient_id = $4 AND r.voided_at IS NULL
    AND (r.visit_date, r.id) < ($1::timestamptz, $2::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $3)sql"};

}  // namespace wardbook::records

#pragma once

#include "db/query.h"
#include "features/audit/audit.h"
#include "features/patients/patients.h"

// Tables: owns {tenant}.patients {tenant}.patient_numbers {tenant}.name_words
// Tables: reads {tenant}.medical_records {tenant}.row_versions wardbook.my_tenant

namespace wardbook::patients {

#define WB_PATIENT_COLUMNS                                                               \
  "p.id, p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone, " \
  "p.email, p.address, p.emergency_contact, p.allergies, p.version, p.created_at, "      \
  "p.updated_at, p.allergy_status, p.allergies_at IS NOT NULL"

using MaybeText = std::optional<std::string>;

inline const db::Query<Patient, PatientId> kGetPatient{"patients.get",
                                                       "SELECT " WB_PATIENT_COLUMNS
                                                       " FROM {tenant}.patients p "
                                                       "WHERE p.id = $1 AND p.erased_at IS NULL"};
inline const db::Query<Patient, PatientId> kLockPatient{
    "patients.lock", "SELECT " WB_PATIENT_COLUMNS
                     " FROM {tenant}.patients p "
                     "WHERE p.id = $1 AND p.erased_at IS NULL FOR UPDATE"};

/// A patient with the last version.
struct KeptPatient {
  Patient patient;
  audit::LastVersion last;
  static KeptPatient from_row(const db::RowView& r) {
    constexpr int kOfVersion = 4;  // the last columns
    KeptPatient out{Patient::from_row(r),
                    audit::LastVersion::from_row(r, r.columns() - kOfVersion)};
    out.patient.score.reset();
    return out;
  }
};
inline const db::Query<KeptPatient, PatientId, int> kPatientsToVerify{
    "patients.to_verify", "SELECT " WB_PATIENT_COLUMNS R"sql(,
    l.version, l.content_format, l.content_salt, l.content_digest
  FROM {tenant}.patients p
  LEFT JOIN LATERAL (SELECT v.version, v.content_format, v.content_salt, v.content_digest
    FROM {tenant}.row_versions v WHERE v.resource = 'patient' AND v.resource_id = p.id
    ORDER BY v.version DESC LIMIT 1) l ON true
  WHERE p.id > $1 ORDER BY p.id LIMIT $2)sql"};
/// A version of a patient who is not there.
inline const db::Query<db::Int64Row> kFirstGone{"patients.first_gone", R"sql(
  SELECT v.resource_id FROM {tenant}.row_versions v
  WHERE v.resource = 'patient'
    AND NOT EXISTS (SELECT FROM {tenant}.patients p WHERE p.id = v.resource_id)
  ORDER BY v.resource_id LIMIT 1)sql"};

/// Whose number it is, by its key: the one that a new one collides with.
inline const db::Query<db::Int64Row, std::string> kPatientByNumber{
    "patients.by_number", "SELECT p.id FROM {tenant}.patients p WHERE p.number_key = $1"};

/// What numbers that are given out begin with.
inline constexpr std::string_view kNumberPrefix = "P-";

/// The next number to be given out: those that somebody chose by hand are skipped. $1 is the
/// prefix's key.
inline const db::Query<db::TextRow, std::string> kNextNumber{"patients.next_number", R"sql(
  SELECT 'P-' || c.digits
  FROM (SELECT wardbook.padded(nextval('{tenant}.patient_numbers')) AS digits
        FROM generate_series(1, 1000)) c
  WHERE NOT EXISTS (SELECT FROM {tenant}.patients o WHERE o.number_key = $1 || c.digits)
  LIMIT 1)sql"};

/// With what it is found by: the keys $11 to $15, in format $16. The words of names go in in their
/// order, so that two who add the same do not wait for each other in a circle.
inline const db::Query<Patient, std::string, std::string, std::string, Date, std::string, MaybeText,
                       MaybeText, MaybeText, MaybeText, AccountId, std::string, std::string,
                       std::vector<std::string>, std::vector<std::string>, std::vector<std::string>,
                       int, std::string>
    kInsertPatient{"patients.insert", R"sql(
  WITH words AS (
    INSERT INTO {tenant}.name_words (word, key)
    SELECT w.word, w.key FROM unnest($14::text[], $15::text[]) AS w(word, key)
    WHERE NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word = w.word) ORDER BY w.word
    ON CONFLICT DO NOTHING)
  INSERT INTO {tenant}.patients AS p (patient_number, first_name, last_name, date_of_birth, sex,
    phone, email, address, emergency_contact, created_by, number_key, number_letters,
    number_forms, names, search_format, allergy_status)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::text[],
    array_to_tsvector($14::text[]), $16::smallint, $17)
  RETURNING )sql" WB_PATIENT_COLUMNS};

inline const db::Query<Patient, PatientId, std::string, std::string, std::string, Date, std::string,
                       MaybeText, MaybeText, MaybeText, MaybeText, std::string, std::string,
                       std::vector<std::string>, std::vector<std::string>, std::vector<std::string>,
                       int, std::string>
    kUpdatePatient{"patients.update", R"sql(
  WITH words AS (
    INSERT INTO {tenant}.name_words (word, key)
    SELECT w.word, w.key FROM unnest($14::text[], $15::text[]) AS w(word, key)
    WHERE NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word = w.word) ORDER BY w.word
    ON CONFLICT DO NOTHING)
  UPDATE {tenant}.patients AS p SET patient_number = $2, first_name = $3, last_name = $4,
    date_of_birth = $5, sex = $6, phone = $7, email = $8, address = $9, emergency_contact = $10,
    version = p.version + 1, updated_at = now(), number_key = $11, number_letters = $12,
    number_forms = $13::text[], names = array_to_tsvector($14::text[]),
    search_format = $16::smallint, allergy_status = $17
  WHERE p.id = $1 RETURNING )sql" WB_PATIENT_COLUMNS};

/// The day that it is where the hospital is, at $1.
struct LocalDay {
  Date day{};
  static LocalDay from_row(const db::RowView& r) { return {r.maybe_date(0).value()}; }
};
inline const db::Query<LocalDay, Time> kToday{"patients.today", R"sql(
  SELECT ($1::timestamptz AT TIME ZONE t.time_zone)::date FROM wardbook.my_tenant t)sql"};

/// The day of a patient's first visit where the hospital is, if there was one.
struct FirstVisit {
  std::optional<Date> day;
  static FirstVisit from_row(const db::RowView& r) { return {r.maybe_date(0)}; }
};
inline const db::Query<FirstVisit, PatientId> kFirstVisit{"patients.first_visit", R"sql(
  SELECT (min(r.visit_date) AT TIME ZONE (SELECT t.time_zone FROM wardbook.my_tenant t))::date
  FROM {tenant}.medical_records r WHERE r.patient_id = $1 AND r.voided_at IS NULL)sql"};

/// In the order of names, after patient $1 (0: from the first). The cursor is the id alone: names
/// do not belong into URLs, which end up in logs.
inline const db::Query<Patient, std::int64_t, int> kListPatients{"patients.list",
                                                                 "SELECT " WB_PATIENT_COLUMNS R"sql(
  FROM {tenant}.patients p
  WHERE p.erased_at IS NULL AND (p.last_name, p.first_name, p.id) >
    (coalesce((SELECT c.last_name FROM {tenant}.patients c WHERE c.id = $1), ''),
     coalesce((SELECT c.first_name FROM {tenant}.patients c WHERE c.id = $1), ''), $1::bigint)
  ORDER BY p.last_name, p.first_name, p.id LIMIT $2)sql"};
inline const db::Query<db::Int64Row> kCountPatients{"patients.count",
                                                    "SELECT count(*) FROM {tenant}.patients "
                                                    "WHERE erased_at IS NULL"};

#undef WB_PATIENT_COLUMNS

/// Its own, if there is one of this number.
inline const db::Query<api::Whose, std::int64_t> kWhosePatient{"patients.whose", R"sql(
  SELECT id AS patient_id, erased_at IS NOT NULL AS voided, false AS purged
  FROM {tenant}.patients WHERE id = $1)sql"};

}  // namespace wardbook::patients

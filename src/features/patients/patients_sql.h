#pragma once

#include "db/query.h"
#include "features/patients/patients.h"

namespace wardbook::patients {

#define WB_PATIENT_COLUMNS                                                               \
  "p.id, p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone, " \
  "p.email, p.address, p.emergency_contact, p.allergies, p.version, p.created_at, p.updated_at"

using MaybeText = std::optional<std::string>;

inline const db::Query<Patient, PatientId> kGetPatient{
    "patients.get", "SELECT " WB_PATIENT_COLUMNS " FROM {tenant}.patients p WHERE p.id = $1"};
inline const db::Query<Patient, PatientId> kLockPatient{
    "patients.lock",
    "SELECT " WB_PATIENT_COLUMNS " FROM {tenant}.patients p WHERE p.id = $1 FOR UPDATE"};

/// A number that was given out skips those that somebody chose by hand.
inline const db::Query<Patient, MaybeText, std::string, std::string, Date, std::string, MaybeText,
                       MaybeText, MaybeText, MaybeText, db::Json, AccountId>
    kInsertPatient{"patients.insert", R"sql(
  INSERT INTO {tenant}.patients AS p (patient_number, first_name, last_name, date_of_birth, sex,
    phone, email, address, emergency_contact, allergies, created_by)
  VALUES (coalesce($1, (SELECT c.number FROM (
            SELECT 'P-' || wardbook.padded(nextval('{tenant}.patient_numbers')) AS number
            FROM generate_series(1, 1000)) c
          WHERE NOT EXISTS (SELECT FROM {tenant}.patients o WHERE o.patient_number = c.number)
          LIMIT 1)),
    $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  RETURNING )sql" WB_PATIENT_COLUMNS};

inline const db::Query<Patient, PatientId, std::string, std::string, std::string, Date, std::string,
                       MaybeText, MaybeText, MaybeText, MaybeText, db::Json>
    kUpdatePatient{"patients.update", R"sql(
  UPDATE {tenant}.patients AS p SET patient_number = $2, first_name = $3, last_name = $4,
    date_of_birth = $5, sex = $6, phone = $7, email = $8, address = $9, emergency_contact = $10,
    allergies = $11, version = p.version + 1, updated_at = now()
  WHERE p.id = $1 RETURNING )sql" WB_PATIENT_COLUMNS};

/// In the order of names, after patient $1 (0: from the first). The cursor is the id alone: names
/// do not belong into URLs, which end up in logs.
inline const db::Query<Patient, std::int64_t, int> kListPatients{"patients.list",
                                                                 "SELECT " WB_PATIENT_COLUMNS R"sql(
  FROM {tenant}.patients p
  WHERE (p.last_name, p.first_name, p.id) >
    (coalesce((SELECT c.last_name FROM {tenant}.patients c WHERE c.id = $1), ''),
     coalesce((SELECT c.first_name FROM {tenant}.patients c WHERE c.id = $1), ''), $1::bigint)
  ORDER BY p.last_name, p.first_name, p.id LIMIT $2)sql"};
inline const db::Query<db::Int64Row> kCountPatients{"patients.count",
                                                    "SELECT count(*) FROM {tenant}.patients"};

/// Word similarity from which a name counts as meant: one wrong letter in a word of five is 0.5.
inline const db::Query<db::TextRow> kLooseNames{
    "patients.loose_names", "SELECT set_config('pg_trgm.word_similarity_threshold', '0.4', true)"};

/// $1 what was typed, $2 the start of a patient number (LIKE pattern), $3 a birth date, $4/$5 the
/// cursor, $6 the limit. The score: an exact number or birth date first, then names by likeness,
/// where equal letters in another order count nearly as much as equality.
#define WB_PATIENT_FOUND                                                                           \
  "WITH q AS MATERIALIZED (SELECT {tenant}.fold($1) AS name, {tenant}.letter_keys($1) AS keys), "  \
  "found AS (SELECT p.*, (1000 * greatest("                                                        \
  "  CASE WHEN lower(p.patient_number) = lower($1) OR p.date_of_birth = $3::date THEN 2 END, "     \
  "  CASE WHEN lower(p.patient_number) LIKE $2 THEN 1.5 END, "                                     \
  "  (public.word_similarity(q.name, p.search_name) "                                              \
  "   + public.similarity(q.name, p.search_name) * 0.2 "                                           \
  "   + 0.9 * (SELECT count(*) FROM unnest(q.keys) k WHERE k = ANY (p.letter_keys)) "              \
  "         / greatest(cardinality(q.keys), 1)) / 2))::bigint AS score "                           \
  " FROM q, {tenant}.patients p "                                                                  \
  " WHERE p.search_name OPERATOR(public.%>) q.name OR p.letter_keys && q.keys "                    \
  "   OR length(q.name) > 1 AND p.search_name LIKE '%' || replace(replace(q.name, '%', ''), '_', " \
  "'') || '%' "                                                                                    \
  "   OR lower(p.patient_number) LIKE $2 OR p.date_of_birth = $3::date) "

inline const db::Query<Patient, std::string, std::string, std::optional<Date>,
                       std::optional<std::int64_t>, std::optional<std::int64_t>, int>
    kSearchPatients{"patients.search",
                    WB_PATIENT_FOUND "SELECT " WB_PATIENT_COLUMNS
                                     ", p.score FROM found p "
                                     "WHERE $4::bigint IS NULL OR (p.score, p.id) < "
                                     "($4::bigint, $5::bigint) "
                                     "ORDER BY p.score DESC, p.id DESC LIMIT $6"};
inline const db::Query<db::Int64Row, std::string, std::string, std::optional<Date>> kCountFound{
    "patients.count_found", WB_PATIENT_FOUND "SELECT count(*) FROM found"};

#undef WB_PATIENT_COLUMNS
#undef WB_PATIENT_FOUND

}  // namespace wardbook::patients

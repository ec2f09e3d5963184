#pragma once

#include "db/query.h"
#include "features/audit/audit.h"
#include "features/patients/patients.h"

// Tables: owns {tenant}.patients {tenant}.patient_numbers {tenant}.name_words
// Tables: reads {tenant}.medical_records {tenant}.row_versions wardbook.my_tenant

namespace wardbook::patients {

#define WB_PATIENT_COLUMNS                                                               \
  "p.id, p.patient_number, p.first_name, p.last_name, p.date_of_birth, p.sex, p.phone, " \
  "p.email, p.address, p.emergency_contact, p.allergies, p.version, p.created_at, "       \
  "p.updated_at, p.last_allergy_id"

using MaybeText = std::optional<std::string>;
using Dates = std::vector<std::string>;

inline const db::Query<Patient, PatientId> kGetPatient{
    "patients.get", "SELECT " WB_PATIENT_COLUMNS " FROM {tenant}.patients p WHERE p.id = $1"};
inline const db::Query<Patient, PatientId> kLockPatient{
    "patients.lock",
    "SELECT " WB_PATIENT_COLUMNS " FROM {tenant}.patients p WHERE p.id = $1 FOR UPDATE"};

/// A patient with the last version.
struct KeptPatient {
  Patient patient;
  audit::LastVersion last;
  static KeptPatient from_row(const db::RowView& r) {
    constexpr int kAfterPatient = 14;
    KeptPatient out{Patient::from_row(r), audit::LastVersion::from_row(r, kAfterPatient)};
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

/// Whose number it is, in whatever case: the one that a new one collides with.
inline const db::Query<db::Int64Row, std::string> kPatientByNumber{"patients.by_number", R"sql(
  SELECT p.id FROM {tenant}.patients p WHERE lower(p.patient_number) = lower($1)
  ORDER BY p.number_shared, p.id LIMIT 1)sql"};

/// A number that was given out skips those that somebody chose by hand.
inline const db::Query<Patient, MaybeText, std::string, std::string, Date, std::string, MaybeText,
                       MaybeText, MaybeText, MaybeText, db::Json, AccountId, std::int64_t>
    kInsertPatient{"patients.insert", R"sql(
  INSERT INTO {tenant}.patients AS p (patient_number, first_name, last_name, date_of_birth, sex,
    phone, email, address, emergency_contact, allergies, created_by, last_allergy_id)
  VALUES (coalesce($1, (SELECT c.number FROM (
            SELECT 'P-' || wardbook.padded(nextval('{tenant}.patient_numbers')) AS number
            FROM generate_series(1, 1000)) c
          WHERE NOT EXISTS (SELECT FROM {tenant}.patients o
              WHERE lower(o.patient_number) = lower(c.number) AND NOT o.number_shared)
            AND NOT EXISTS (SELECT FROM {tenant}.patients o
              WHERE lower(o.patient_number) = lower(c.number) AND o.number_shared)
          LIMIT 1)),
    $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  RETURNING )sql" WB_PATIENT_COLUMNS};

inline const db::Query<Patient, PatientId, std::string, std::string, std::string, Date, std::string,
                       MaybeText, MaybeText, MaybeText, MaybeText, db::Json, std::int64_t>
    kUpdatePatient{"patients.update", R"sql(
  UPDATE {tenant}.patients AS p SET patient_number = $2, first_name = $3, last_name = $4,
    date_of_birth = $5, sex = $6, phone = $7, email = $8, address = $9, emergency_contact = $10,
    allergies = $11, last_allergy_id = $12, version = p.version + 1, updated_at = now()
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
  WHERE (p.last_name, p.first_name, p.id) >
    (coalesce((SELECT c.last_name FROM {tenant}.patients c WHERE c.id = $1), ''),
     coalesce((SELECT c.first_name FROM {tenant}.patients c WHERE c.id = $1), ''), $1::bigint)
  ORDER BY p.last_name, p.first_name, p.id LIMIT $2)sql"};
inline const db::Query<db::Int64Row> kCountPatients{"patients.count",
                                                    "SELECT count(*) FROM {tenant}.patients"};

/// Planned with what was typed (a pattern is no range of an index before it is known); words are
/// like each other from a quarter of their trigrams on, which one wrong letter of five leaves.
inline const db::Query<db::TextRow> kSearchSettings{
    "patients.search_settings",
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true) "
    "|| set_config('pg_trgm.similarity_threshold', '0.25', true) "
    "|| set_config('work_mem', '32MB', true)"};

/// $1 the words of a name (or ''), $2 what may be a number, $3 birth dates of which it is one, $4
/// whether all of it must match or any is enough, $5 whether the number must match too and not
/// instead. Nobody who matches is left out, however many there are: what a patient's score is made
/// of is cheap. A name counts by how well its words are meant, and by how much of it was typed; a
/// number or a birth date alone counts twice a perfect name.
#define WB_PATIENT_QUERY                                                                           \
  "WITH meanings AS MATERIALIZED (SELECT typed, word, also, quality "                              \
  "  FROM {tenant}.name_meanings($1)), "                                                           \
  "q AS MATERIALIZED (SELECT least(greatest(cardinality(wardbook.words_of($1)), 1), 8) AS words, " \
  "  (SELECT string_agg('(' || g.any_of || ')', CASE WHEN $4 THEN ' & ' ELSE ' | ' END)::tsquery"  \
  "   FROM (SELECT wardbook.lexeme(m.typed) || ':*' || coalesce(' | ' || string_agg("              \
  "           wardbook.lexeme(m.word) || coalesce((SELECT string_agg('&' || wardbook.lexeme(a), "  \
  "             '') FROM unnest(m.also) AS a), ''), ' | ') "                                       \
  "           FILTER (WHERE m.also IS NOT NULL OR NOT starts_with(m.word, m.typed)), '') "         \
  "         AS any_of FROM meanings m GROUP BY m.typed) g "                                        \
  "   WHERE NOT $4 OR (SELECT count(DISTINCT m.typed) FROM meanings m) "                           \
  "               = cardinality((wardbook.words_of($1))[1:8])) AS loose), "

/// What was typed ($n) is a patient's number: without what may be left out, by its digits alone, in
/// groups of digits; or the beginning of one.
#define WB_IS_NUMBER(n) \
  "wardbook.number_key(p.patient_number) = nullif(wardbook.number_key(" n "), '') "
#define WB_HAS_DIGITS(n)                                          \
  "wardbook.number_digits(p.patient_number) = CASE WHEN btrim(" n \
  ") ~ '^[0-9]+$' THEN "                                          \
  "nullif(wardbook.number_digits(" n "), '') END "
#define WB_HAS_GROUPS(n)                                                        \
  "wardbook.number_groups(p.patient_number) = nullif(wardbook.number_groups(" n \
  "), '') "                                                                     \
  "AND (regexp_replace(" n                                                      \
  ", '[^[:alpha:]]', '', 'g') = '' "                                            \
  "  OR lower(regexp_replace(p.patient_number, '[^[:alpha:]]', '', 'g')) "      \
  "   = lower(regexp_replace(" n ", '[^[:alpha:]]', '', 'g'))) "
#define WB_BEGINS_SO(n)                        \
  "wardbook.number_letters(p.patient_number) " \
  "LIKE nullif(wardbook.number_letters(" n "), '') || '%' "

#define WB_BORN(dates) "p.date_of_birth = ANY (" dates "::date[])"

#define WB_PATIENT_BY_NUMBER(quality, condition)                    \
  "SELECT p.id, p.names, p.date_of_birth, " quality                 \
  " AS number FROM {tenant}.patients p WHERE " condition            \
  " AND (NOT $5 OR (($1 = '' OR p.names @@ (SELECT loose FROM q)) " \
  "  AND (cardinality($3::date[]) = 0 OR " WB_BORN("$3") "))) "

#define WB_PATIENT_FOUND \
  WB_PATIENT_QUERY       \
  "found AS MATERIALIZED (" WB_PATIENT_BY_NUMBER("2::real", WB_IS_NUMBER("$2"))                    \
  "UNION ALL " WB_PATIENT_BY_NUMBER("1.9", WB_HAS_DIGITS("$2"))                                    \
  "UNION ALL " WB_PATIENT_BY_NUMBER("1.9", WB_HAS_GROUPS("$2"))                                    \
  "UNION ALL " WB_PATIENT_BY_NUMBER("CASE WHEN $2 ~ '[0-9-]' THEN 1.5 ELSE 0.4 END",               \
                                    WB_BEGINS_SO("$2"))                                            \
  "  UNION ALL SELECT p.id, p.names, p.date_of_birth, 0 FROM {tenant}.patients p "               \
  "    WHERE " WB_BORN("$3") " AND ($1 = '' OR NOT $4) AND NOT $5 "                     \
  "  UNION ALL SELECT l.id, l.names, l.date_of_birth, 0 FROM ("                                  \
  "    SELECT p.id, p.names, p.date_of_birth FROM {tenant}.patients p "                          \
  "    WHERE p.names @@ (SELECT loose FROM q) AND NOT $5 "                                       \
  "      AND (cardinality($3::date[]) = 0 OR NOT $4 OR " WB_BORN(                        \
      "$3") ") OFFSET 0) l), "                                                                     \
  "named AS MATERIALIZED (SELECT b.id, sum(b.quality) AS quality FROM ("                         \
  "    SELECT f.id, m.typed, max(m.quality) AS quality FROM found f "                            \
  "    CROSS JOIN LATERAL unnest(tsvector_to_array(f.names)) AS w(word) "                        \
  "    JOIN meanings m ON m.word = w.word GROUP BY f.id, m.typed) b GROUP BY b.id), "            \
  "scored AS MATERIALIZED (SELECT f.id, (1000 * (greatest(f.number, "                            \
  "    CASE WHEN f.born THEN 2 - (m.id IS NOT NULL)::integer END) "                              \
  "  + coalesce(m.quality / q.words + 0.2 * least(1, q.words / greatest(f.words, 1)::real), 0) " \
  "  ))::bigint AS score "                                                                       \
  "  FROM q CROSS JOIN (SELECT g.id, max(g.number) AS number, min(length(g.names)) AS words, "   \
  "      bool_or(g.date_of_birth = ANY ($3::date[])) AS born "                                    \
  "    FROM found g GROUP BY g.id) f "                                                            \
  "  LEFT JOIN named m ON m.id = f.id) "

inline const db::Query<Patient, std::string, MaybeText, Dates, bool, bool,
                       std::optional<std::int64_t>, std::optional<std::int64_t>, int>
    kSearchPatients{"patients.search", WB_PATIENT_FOUND
                    "SELECT " WB_PATIENT_COLUMNS
                    ", s.score FROM (SELECT k.id, k.score FROM scored k "
                    "  WHERE $6::bigint IS NULL OR (k.score, k.id) < ($6::bigint, $7::bigint) "
                    "  ORDER BY k.score DESC, k.id DESC LIMIT $8) s "
                    "JOIN {tenant}.patients p ON p.id = s.id ORDER BY s.score DESC, s.id DESC"};
inline const db::Query<db::Int64Row, std::string, MaybeText, Dates, bool, bool> kCountFound{
    "patients.count_found", WB_PATIENT_FOUND "SELECT count(DISTINCT id) FROM found"};

/// $1 is a number and no name, $2 the birth dates that it may be too. Exact ones come first, then
/// those that begin so in the order of the numbers: they may be everybody, and no more are looked
/// at than a page takes. The cursor names the score ($3) and the patient ($4), whose number does
/// not belong into a URL.
#define WB_NUMBERED \
  "WITH last AS MATERIALIZED (SELECT wardbook.number_letters(c.patient_number) AS letters "        \
  "  FROM {tenant}.patients c WHERE c.id = $4::bigint), "                                          \
  "exact AS MATERIALIZED (SELECT e.id, max(e.score) AS score FROM ("                               \
  "  SELECT p.id, 2000 AS score FROM {tenant}.patients p WHERE " WB_IS_NUMBER("$1")                \
  "  UNION ALL SELECT p.id, 1900 FROM {tenant}.patients p WHERE " WB_HAS_DIGITS("$1")              \
  "  UNION ALL SELECT p.id, 1900 FROM {tenant}.patients p WHERE " WB_HAS_GROUPS("$1")              \
  "  UNION ALL SELECT p.id, 2000 FROM {tenant}.patients p WHERE " WB_BORN("$2") ") e "    \
  "  GROUP BY e.id) "
#define WB_AFTER_LAST                                                           \
  "(wardbook.number_letters(p.patient_number) ~>=~ (SELECT letters FROM last) " \
  " AND (wardbook.number_letters(p.patient_number) ~>~ (SELECT letters FROM last) OR p.id > $4)) "
#define WB_IN_ORDER "wardbook.number_letters(p.patient_number) USING ~<~, p.id "

inline const db::Query<Patient, std::string, Dates, std::optional<std::int64_t>,
                       std::optional<std::int64_t>, int>
    kSearchNumbers{"patients.search_numbers", WB_NUMBERED
                   "SELECT " WB_PATIENT_COLUMNS
                   ", f.score::bigint FROM (SELECT e.id, e.score FROM exact e "
                   "  UNION ALL (SELECT p.id, 1500 FROM {tenant}.patients p "
                   "    WHERE " WB_BEGINS_SO("$1")
                   "    AND NOT EXISTS (SELECT FROM exact e WHERE e.id = p.id) "
                   "    AND ($3::bigint IS NULL OR $3 > 1500 OR " WB_AFTER_LAST ") "
                   "    ORDER BY " WB_IN_ORDER "LIMIT $5)) f "
                   "JOIN {tenant}.patients p ON p.id = f.id "
                   "WHERE $3 IS NULL OR f.score < $3 OR (f.score = $3 AND " WB_AFTER_LAST ") "
                   "ORDER BY f.score DESC, " WB_IN_ORDER "LIMIT $5"};
inline const db::Query<db::Int64Row, std::string, Dates> kCountNumbers{
    "patients.count_numbers",
    "SELECT count(*) FROM {tenant}.patients p WHERE " WB_BORN("$2") " OR " WB_IS_NUMBER(
        "$1") "OR " WB_HAS_DIGITS("$1") "OR (" WB_HAS_GROUPS("$1") ") OR " WB_BEGINS_SO("$1")};

#undef WB_PATIENT_COLUMNS
#undef WB_PATIENT_QUERY
#undef WB_PATIENT_BY_NUMBER
#undef WB_PATIENT_FOUND
#undef WB_IS_NUMBER
#undef WB_HAS_DIGITS
#undef WB_HAS_GROUPS
#undef WB_BEGINS_SO
#undef WB_BORN
#undef WB_NUMBERED
#undef WB_AFTER_LAST
#undef WB_IN_ORDER

/// Its own, if there is one of this number.
inline const db::Query<api::Whose, std::int64_t> kWhosePatient{"patients.whose", R"sql(
  SELECT id AS patient_id, false AS voided, false AS purged
  FROM {tenant}.patients WHERE id = $1)sql"};

}  // namespace wardbook::patients

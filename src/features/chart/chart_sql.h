#pragma once

#include "base/text.h"
#include "db/query.h"
#include "features/allergies/allergies.h"

// Tables: reads {tenant}.medical_records {tenant}.diagnoses {tenant}.record_attachments
// Tables: reads {tenant}.staff {tenant}.follow_ups wardbook.my_tenant

namespace wardbook::chart {

using MaybeText = std::optional<std::string>;

/// A visit of the timeline, with the keys of its place in the order.
struct Visit {
  std::string visit_date;
  std::int64_t id = 0;
  std::string json;
  static Visit from_row(const db::RowView& r) { return {r.str(0), r.int64(1), r.str(2)}; }
};

#define WB_DIAGNOSIS_JSON                                                                \
  "json_build_object('id', d.id, 'record_id', d.record_id, 'icd_code', d.icd_code, "     \
  "'icd_release', d.icd_release, 'diagnosis_name', d.diagnosis_name, 'diagnosis_type', " \
  "d.diagnosis_type, 'status', d.status, 'notes', d.notes, 'created_by', d.created_by, " \
  "'created_at', wardbook.rfc3339(d.created_at), 'updated_at', wardbook.rfc3339(d.updated_at))"

inline const db::Query<Visit, PatientId, std::string, std::int64_t, int> kVisits{"chart.visits",
                                                                                 R"sql(
  SELECT r.visit_date::text, r.id, json_build_object('id', r.id, 'record_number', r.record_number,
      'visit_date', wardbook.rfc3339(r.visit_date), 'visit_type', r.visit_type, 'status', r.status,
      'doctor_id', r.doctor_id, 'doctor_name', s.display_name,
      'chief_complaint', r.chief_complaint, 'diagnosis', r.diagnosis,
      'diagnoses', (SELECT coalesce(json_agg()sql" WB_DIAGNOSIS_JSON R"sql( ORDER BY d.id), '[]')
        FROM {tenant}.diagnoses d WHERE d.record_id = r.id AND d.removed_at IS NULL),
      'attachments', (SELECT count(*) FROM {tenant}.record_attachments a
        WHERE a.record_id = r.id AND a.state = 'available'))
  FROM {tenant}.medical_records r JOIN {tenant}.staff s ON s.account_id = r.doctor_id
  WHERE r.patient_id = $1 AND r.voided_at IS NULL
    AND (r.visit_date, r.id) < ($2::timestamptz, $3::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $4)sql"};

/// The newest entry of each code that is still active or chronic.
inline const db::Query<db::TextRow, PatientId> kProblems{"chart.problems", R"sql(
  SELECT coalesce(json_agg(n.entry ORDER BY n.visit_date DESC, n.id), '[]') FROM (
    SELECT DISTINCT ON (d.icd_code) d.id, d.status, r.visit_date, )sql" WB_DIAGNOSIS_JSON R"sql(
        AS entry
    FROM {tenant}.medical_records r JOIN {tenant}.diagnoses d ON d.record_id = r.id
    WHERE r.patient_id = $1 AND r.voided_at IS NULL AND d.removed_at IS NULL
      AND d.diagnosis_type <> 'differential'
    ORDER BY d.icd_code, r.visit_date DESC, d.id DESC) n
  WHERE n.status IN ('active', 'chronic'))sql"};

/// A text as it is compared: case, accents and white space do not matter, nor which of several
/// characters is used for the same (the micro sign for a mu).
#define WB_FOLDED(text) \
  "wardbook.fold(btrim(regexp_replace(normalize(" text ", NFKC), '\\s+', ' ', 'g')))"

/// What is taken now, and the names and ids of that in the same order.
struct Medication {
  std::string json;
  std::vector<allergies::Prescribed> lines;
  static Medication from_row(const db::RowView& r) {
    Medication out{r.str(0), {}};
    const auto ids = r.text_array(2);
    for (auto& name : r.text_array(1)) {
      const auto id = parse_number<std::int64_t>(ids.at(out.lines.size()).value_or("0"));
      out.lines.push_back({name.value_or(""), id.value_or(0)});
    }
    return out;
  }
};
/// Of the prescriptions that have not ended where the hospital is, by medication, all that the
/// newest visit with one of them says: two strengths are two lines, and a short course that is over
/// does not hide what goes on. A line of a draft that names no medication yet is none.
inline const db::Query<Medication, PatientId> kMedication{"chart.medication", R"sql(
  SELECT coalesce(json_agg(json_build_object('record_id', n.id,
      'visit_date', wardbook.rfc3339(n.visit_date), 'prescription', n.item)
      ORDER BY n.visit_date DESC, n.id DESC, n.position), '[]'),
    coalesce(array_agg(n.item->>'medication'
      ORDER BY n.visit_date DESC, n.id DESC, n.position), '{}'),
    coalesce(array_agg(n.item->>'id'
      ORDER BY n.visit_date DESC, n.id DESC, n.position), '{}')
  FROM (SELECT r.id, r.visit_date, i.item, i.position,
          rank() OVER (PARTITION BY )sql" WB_FOLDED("i.item->>'medication'") R"sql(
            ORDER BY r.visit_date DESC, r.id DESC) AS age
        FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
        CROSS JOIN LATERAL jsonb_array_elements(r.prescriptions)
          WITH ORDINALITY AS i(item, position)
        WHERE r.patient_id = $1 AND r.voided_at IS NULL AND i.item ? 'medication'
          AND coalesce(wardbook.prescription_end(i.item,
                (r.visit_date AT TIME ZONE t.time_zone)::date), 'infinity')
              >= (now() AT TIME ZONE t.time_zone)::date) n
  WHERE n.age = 1)sql"};

inline const db::Query<db::TextRow, PatientId> kLatestVitals{"chart.latest_vitals", R"sql(
  SELECT coalesce(json_object_agg(n.key, json_build_object('at', wardbook.rfc3339(n.visit_date),
      'value', n.value, 'record_id', n.id)), '{}')
  FROM (SELECT DISTINCT ON (v.key) v.key, v.value, r.visit_date, r.id
        FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_each(r.vital_signs) v
        WHERE r.patient_id = $1 AND r.voided_at IS NULL
        ORDER BY v.key, r.visit_date DESC, r.id DESC) n)sql"};

/// A result's time is when the sample was taken, if that is known (a bare date is midnight where
/// the hospital is), else the visit's.
#define WB_LAB_TIME                                                 \
  "CASE WHEN length(i.item->>'taken_at') = 10 "                     \
  "THEN (i.item->>'taken_at')::timestamp AT TIME ZONE t.time_zone " \
  "ELSE coalesce((i.item->>'taken_at')::timestamptz, r.visit_date) END"

inline const db::Query<db::TextRow, PatientId> kLatestLabs{"chart.latest_labs", R"sql(
  SELECT coalesce(json_agg(json_build_object('record_id', n.id, 'at', wardbook.rfc3339(n.at),
      'result', n.item) ORDER BY n.at DESC, n.name), '[]')
  FROM (SELECT DISTINCT ON (m.name) m.id, m.name, m.item, m.at
        FROM (SELECT r.id, i.item, i.position,
                )sql" WB_FOLDED("i.item->>'test'") " AS name, " WB_LAB_TIME R"sql( AS at
              FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
              CROSS JOIN LATERAL jsonb_array_elements(r.lab_results)
                WITH ORDINALITY AS i(item, position)
              WHERE r.patient_id = $1 AND r.voided_at IS NULL
                AND i.item ?& '{test,value}') m
        ORDER BY m.name, m.at DESC, m.id DESC, m.position DESC) n)sql"};

/// The newest files, and how many there are.
struct Files {
  std::string json;
  std::int64_t total = 0;
  static Files from_row(const db::RowView& r) { return {r.str(0), r.int64(1)}; }
};
inline const db::Query<Files, PatientId> kFiles{"chart.files", R"sql(
  SELECT coalesce(json_agg(n.file ORDER BY n.id DESC), '[]'), coalesce(max(n.total), 0) FROM (
    SELECT a.id, json_build_object('id', a.id, 'record_id', a.record_id, 'file_name', a.file_name,
        'file_type', a.file_type, 'file_size', a.file_size,
        'created_at', wardbook.rfc3339(a.created_at)) AS file, count(*) OVER () AS total
    FROM {tenant}.medical_records r JOIN {tenant}.record_attachments a ON a.record_id = r.id
    WHERE r.patient_id = $1 AND r.voided_at IS NULL AND a.state = 'available'
    ORDER BY a.id DESC LIMIT 100) n)sql"};

/// Bare dates mean whole days where the hospital is, the last one included.
#define WB_BETWEEN(time)                                                     \
  "($2::text IS NULL OR " time                                               \
  " >= CASE WHEN length($2) = 10 "                                           \
  "  THEN $2::timestamp AT TIME ZONE t.time_zone ELSE $2::timestamptz END) " \
  "AND ($3::text IS NULL OR " time                                           \
  " < CASE WHEN length($3) = 10 "                                            \
  "  THEN ($3::timestamp + interval '1 day') AT TIME ZONE t.time_zone ELSE $3::timestamptz END) "

inline const db::Query<db::TextRow, PatientId, MaybeText, MaybeText> kVitals{"chart.vitals", R"sql(
  SELECT coalesce(json_object_agg(n.key, n.points), '{}') FROM (
    SELECT v.key, json_agg(json_build_object('at', wardbook.rfc3339(r.visit_date), 'value', v.value,
        'record_id', r.id) ORDER BY r.visit_date, r.id) AS points
    FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
    CROSS JOIN LATERAL jsonb_each(r.vital_signs) v
    WHERE r.patient_id = $1 AND r.voided_at IS NULL AND )sql" WB_BETWEEN("r.visit_date") R"sql(
    GROUP BY v.key) n)sql"};

/// A series is a test in one unit, whatever the spelling; name, code, unit and range are the newest
/// that were given. $4: a test's name or LOINC code.
#define WB_NEWEST_FIRST "ORDER BY m.at DESC, m.id DESC, m.position DESC"
#define WB_RANGED "FILTER (WHERE coalesce(m.low, m.high) IS NOT NULL)"
inline const db::Query<db::TextRow, PatientId, MaybeText, MaybeText, MaybeText> kLabs{"chart.labs",
                                                                                      R"sql(
  SELECT coalesce(json_agg(n.series ORDER BY n.name, n.unit), '[]') FROM (
    SELECT m.name, m.unit, json_build_object(
        'test', (array_agg(btrim(m.item->>'test') )sql" WB_NEWEST_FIRST R"sql())[1],
        'loinc', (array_agg(m.item->>'loinc' )sql" WB_NEWEST_FIRST R"sql()
                  FILTER (WHERE m.item->>'loinc' IS NOT NULL))[1],
        'unit', (array_agg(m.item->>'unit' )sql" WB_NEWEST_FIRST R"sql())[1],
        'reference_low', (array_agg(m.low )sql" WB_NEWEST_FIRST ") " WB_RANGED R"sql()[1],
        'reference_high', (array_agg(m.high )sql" WB_NEWEST_FIRST ") " WB_RANGED R"sql()[1],
        'points', json_agg(json_build_object('at', wardbook.rfc3339(m.at),
            'value', m.item->'value', 'flag', m.item->>'flag', 'reference_low', m.low,
            'reference_high', m.high, 'record_id', m.id)
            ORDER BY m.at, m.id, m.position)) AS series
    FROM (SELECT r.id, i.item, i.position, )sql" WB_FOLDED("i.item->>'test'") R"sql( AS name,
            coalesce()sql" WB_FOLDED("i.item->>'unit'") ", '') AS unit, " WB_LAB_TIME R"sql( AS at,
            nullif(i.item->'reference_low', 'null') AS low,
            nullif(i.item->'reference_high', 'null') AS high
          FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
          CROSS JOIN LATERAL jsonb_array_elements(r.lab_results)
            WITH ORDINALITY AS i(item, position)
          WHERE r.patient_id = $1 AND r.voided_at IS NULL AND i.item ?& '{test,value}'
            AND ($4::text IS NULL
                 OR )sql" WB_FOLDED("i.item->>'test'") " = " WB_FOLDED("$4") R"sql(
                 OR i.item->>'loinc' = btrim($4))) m
    CROSS JOIN wardbook.my_tenant t
    WHERE )sql" WB_BETWEEN("m.at") R"sql(
    GROUP BY m.name, m.unit) n)sql"};

#undef WB_DIAGNOSIS_JSON
#undef WB_FOLDED
#undef WB_NEWEST_FIRST
#undef WB_RANGED
#undef WB_LAB_TIME
#undef WB_BETWEEN

struct Waiting {
  std::int64_t all = 0;
  std::int64_t late = 0;  ///< of them
  static Waiting from_row(const db::RowView& r) { return {r.int64(0), r.int64(1)}; }
};

/// Drafts that somebody wrote or is the doctor of; late are those of visits more than a day ago.
inline const db::Query<Waiting, AccountId, Time> kOwnDrafts{"chart.own_drafts", R"sql(
  SELECT count(*), count(*) FILTER (WHERE visit_date < $2::timestamptz - interval '24 hours')
  FROM {tenant}.medical_records
  WHERE status = 'draft' AND voided_at IS NULL AND (created_by = $1 OR doctor_id = $1))sql"};

/// Outstanding follow-ups of a doctor's visits (NULL: of all); late are those whose day is over.
inline const db::Query<Waiting, std::optional<AccountId>, Time> kFollowUpsWaiting{
    "chart.follow_ups_waiting", R"sql(
  SELECT count(*), count(*) FILTER (WHERE f.due < ($2::timestamptz AT TIME ZONE t.time_zone)::date)
  FROM {tenant}.follow_ups f CROSS JOIN wardbook.my_tenant t
  WHERE $1::bigint IS NULL OR EXISTS (
    SELECT FROM {tenant}.medical_records r WHERE r.id = f.record_id AND r.doctor_id = $1))sql"};

}  // namespace wardbook::chart

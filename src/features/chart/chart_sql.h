#pragma once

#include "db/query.h"

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

/// The newest prescription of each medication that has not ended.
inline const db::Query<db::TextRow, PatientId> kMedication{"chart.medication", R"sql(
  SELECT coalesce(json_agg(json_build_object('record_id', n.id,
      'visit_date', wardbook.rfc3339(n.visit_date), 'prescription', n.item)
      ORDER BY n.visit_date DESC, n.id DESC), '[]')
  FROM (SELECT DISTINCT ON (lower(i.item->>'medication')) r.id, r.visit_date, i.item
        FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_array_elements(r.prescriptions)
          AS i(item)
        WHERE r.patient_id = $1 AND r.voided_at IS NULL
        ORDER BY lower(i.item->>'medication'), r.visit_date DESC, r.id DESC) n
  WHERE n.item->>'end_date' IS NULL OR n.item->>'end_date' >= current_date::text)sql"};

inline const db::Query<db::TextRow, PatientId> kLatestVitals{"chart.latest_vitals", R"sql(
  SELECT coalesce(json_object_agg(n.key, json_build_object('at', wardbook.rfc3339(n.visit_date),
      'value', n.value, 'record_id', n.id)), '{}')
  FROM (SELECT DISTINCT ON (v.key) v.key, v.value, r.visit_date, r.id
        FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_each(r.vital_signs) v
        WHERE r.patient_id = $1 AND r.voided_at IS NULL
        ORDER BY v.key, r.visit_date DESC, r.id DESC) n)sql"};

/// A result's time is when the sample was taken, if that is known, else the visit's.
#define WB_LAB_TIME                                                                           \
  "CASE WHEN length(i.item->>'taken_at') = 10 THEN (i.item->>'taken_at')::date::timestamptz " \
  "ELSE coalesce((i.item->>'taken_at')::timestamptz, r.visit_date) END"

inline const db::Query<db::TextRow, PatientId> kLatestLabs{"chart.latest_labs", R"sql(
  SELECT coalesce(json_agg(json_build_object('record_id', n.id, 'at', wardbook.rfc3339(n.at),
      'result', n.item) ORDER BY n.at DESC, n.name), '[]')
  FROM (SELECT DISTINCT ON (lower(i.item->>'test')) r.id, lower(i.item->>'test') AS name, i.item,
          )sql" WB_LAB_TIME R"sql( AS at
        FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_array_elements(r.lab_results)
          AS i(item)
        WHERE r.patient_id = $1 AND r.voided_at IS NULL
        ORDER BY lower(i.item->>'test'), 4 DESC, r.id DESC) n)sql"};

inline const db::Query<db::TextRow, PatientId> kFiles{"chart.files", R"sql(
  SELECT coalesce(json_agg(n.file ORDER BY n.id DESC), '[]') FROM (
    SELECT a.id, json_build_object('id', a.id, 'record_id', a.record_id, 'file_name', a.file_name,
        'file_type', a.file_type, 'file_size', a.file_size,
        'created_at', wardbook.rfc3339(a.created_at)) AS file
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

inline const db::Query<db::TextRow, PatientId, MaybeText, MaybeText, MaybeText> kLabs{"chart.labs",
                                                                                      R"sql(
  SELECT coalesce(json_agg(n.series ORDER BY n.test), '[]') FROM (
    SELECT max(m.item->>'test') AS test, json_build_object('test', max(m.item->>'test'),
        'loinc', max(m.item->>'loinc'), 'unit', m.item->>'unit',
        'reference_low', (array_agg(m.item->'reference_low' ORDER BY m.at DESC, m.id DESC))[1],
        'reference_high', (array_agg(m.item->'reference_high' ORDER BY m.at DESC, m.id DESC))[1],
        'points', json_agg(json_build_object('at', wardbook.rfc3339(m.at),
            'value', m.item->'value', 'flag', m.item->>'flag', 'record_id', m.id)
            ORDER BY m.at, m.id)) AS series
    FROM (SELECT r.id, i.item, )sql" WB_LAB_TIME R"sql( AS at
          FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_array_elements(r.lab_results)
            AS i(item)
          WHERE r.patient_id = $1 AND r.voided_at IS NULL
            AND ($4::text IS NULL OR lower(i.item->>'test') = lower($4)
                 OR i.item->>'loinc' = $4)) m
    CROSS JOIN wardbook.my_tenant t
    WHERE )sql" WB_BETWEEN("m.at") R"sql(
    GROUP BY lower(m.item->>'test'), m.item->>'unit') n)sql"};

#undef WB_DIAGNOSIS_JSON
#undef WB_LAB_TIME
#undef WB_BETWEEN

}  // namespace wardbook::chart

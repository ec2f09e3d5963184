#pragma once

#include "db/query.h"
#include "features/allergies/allergies.h"

// Tables: reads {tenant}.medical_records {tenant}.diagnoses {tenant}.record_attachments
// Tables: reads {tenant}.staff {tenant}.chart_objects wardbook.my_tenant

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

/// A prescription that is taken: a course of the medication list, or one of a draft.
struct Prescribed {
  RecordId record;
  allergies::Prescribed line;
  std::string json;
  bool is_unsigned = false;
  static Prescribed from_row(const db::RowView& r) {
    return {r.id<RecordId>(0), {r.str(1), r.maybe_int64(2).value_or(0)}, r.str(3), r.boolean(4)};
  }
};
/// Courses that are active or on hold and have not ended where the hospital is, as they were
/// changed last, the newest visit's first; and what drafts prescribe that has not ended. A line of
/// a draft that names no medication yet is none.
inline const db::Query<Prescribed, PatientId> kMedication{"chart.medication", R"sql(
  SELECT r.id, i.item->>'medication', (i.item->>'id')::bigint, json_build_object(
    'record_id', r.id, 'visit_date', wardbook.rfc3339(r.visit_date),
    'medication_id', c.id, 'state', coalesce(c.content->>'state', 'unsigned'),
    'prescription', i.item || jsonb_strip_nulls(jsonb_build_object(
      'dosage', c.content->'dosage', 'frequency', c.content->'frequency',
      'route', c.content->'route', 'duration', c.content->'duration',
      'instructions', c.content->'instructions'))), c.id IS NULL
  FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
  CROSS JOIN LATERAL jsonb_array_elements(r.prescriptions) WITH ORDINALITY AS i(item, position)
  LEFT JOIN (SELECT o.id, o.content, (o.content->>'record_id')::bigint AS record_id,
               (o.content->>'item_id')::bigint AS item_id
             FROM {tenant}.chart_objects o
             WHERE o.patient_id = $1 AND o.resource = 'medication') c
    ON c.record_id = r.id AND c.item_id = (i.item->>'id')::bigint
  WHERE r.patient_id = $1 AND r.voided_at IS NULL AND i.item ? 'medication'
    AND CASE WHEN c.id IS NULL
      THEN r.status = 'draft' AND coalesce(wardbook.prescription_end(i.item,
          (r.visit_date AT TIME ZONE t.time_zone)::date), 'infinity')
        >= (now() AT TIME ZONE t.time_zone)::date
      ELSE c.content->>'state' IN ('active', 'on_hold')
        AND coalesce((c.content->>'ends_on')::date, 'infinity')
          >= (now() AT TIME ZONE t.time_zone)::date END
  ORDER BY r.visit_date DESC, r.id DESC, i.position)sql"};

/// Of signed visits that have begun: what a draft says may still change.
inline const db::Query<db::TextRow, PatientId, Time> kLatestVitals{"chart.latest_vitals", R"sql(
  SELECT coalesce(json_object_agg(n.key, json_build_object('at', wardbook.rfc3339(n.visit_date),
      'value', n.value, 'record_id', n.id)), '{}')
  FROM (SELECT DISTINCT ON (v.key) v.key, v.value, r.visit_date, r.id
        FROM {tenant}.medical_records r CROSS JOIN LATERAL jsonb_each(r.vital_signs) v
        WHERE r.patient_id = $1 AND r.voided_at IS NULL AND r.status <> 'draft'
          AND r.visit_date <= $2::timestamptz
        ORDER BY v.key, r.visit_date DESC, r.id DESC) n)sql"};

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

#undef WB_DIAGNOSIS_JSON
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

}  // namespace wardbook::chart

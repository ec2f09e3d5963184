#pragma once

#include "db/query.h"
#include "features/results/results.h"

// Tables: reads {tenant}.chart_objects {tenant}.patients {tenant}.staff {tenant}.medical_records
// Tables: reads wardbook.my_tenant

namespace wardbook::results {

using MaybeText = std::optional<std::string>;
using MaybeId = std::optional<std::int64_t>;

/// What only the database knows of a result that is filed.
struct Placed {
  std::optional<Time> taken_at;
  std::optional<Time> reported_at;
  int age_years = 0;
  std::string locale;
  bool doctor_known = false;
  bool record_known = false;
  std::optional<std::int64_t> asked_by;  ///< who asked for it, as far as visits tell
  static constexpr db::Columns kColumns{"taken",        "reported",     "age",     "locale",
                                        "doctor_known", "record_known", "asked_by"};
  static Placed from_row(const db::RowView& r) {
    return {r.maybe_time(kColumns["taken"]),
            r.maybe_time(kColumns["reported"]),
            static_cast<int>(r.int64(kColumns["age"])),
            r.str(kColumns["locale"]),
            r.boolean(kColumns["doctor_known"]),
            r.boolean(kColumns["record_known"]),
            r.maybe_int64(kColumns["asked_by"])};
  }
};
/// $1 the patient, $2 and $3 when it was taken and reported (a bare date is midnight where the
/// hospital is), $4 the doctor, $5 the visit. Without either the doctor of the newest visit is
/// meant.
inline const db::Query<Placed, PatientId, MaybeText, MaybeText, MaybeId, MaybeId> kPlace{
    "results.place", R"sql(
  SELECT times.taken, times.reported,
    extract(year FROM age((coalesce(times.taken, times.reported, now())
      AT TIME ZONE t.time_zone)::date, p.date_of_birth))::integer AS age,
    t.locale,
    EXISTS (SELECT FROM {tenant}.staff s
            WHERE s.account_id = $4 AND s.role = 'doctor') AS doctor_known,
    EXISTS (SELECT FROM {tenant}.medical_records r
            WHERE r.id = $5 AND r.patient_id = $1 AND r.voided_at IS NULL) AS record_known,
    (SELECT r.doctor_id FROM {tenant}.medical_records r
     WHERE r.patient_id = $1 AND r.voided_at IS NULL AND ($5::bigint IS NULL OR r.id = $5)
     ORDER BY r.visit_date DESC, r.id DESC LIMIT 1) AS asked_by
  FROM wardbook.my_tenant t
  JOIN {tenant}.patients p ON p.id = $1
  CROSS JOIN LATERAL (SELECT
    CASE WHEN length($2::text) = 10 THEN $2::text::timestamp AT TIME ZONE t.time_zone
         ELSE $2::text::timestamptz END AS taken,
    CASE WHEN length($3::text) = 10 THEN $3::text::timestamp AT TIME ZONE t.time_zone
         ELSE $3::text::timestamptz END AS reported) times)sql"};

/// A patient's, the newest filed first. $2 a status, $3 below which id, $4 the limit.
inline const db::Query<objects::Object, PatientId, MaybeText, std::int64_t, int> kList{
    "results.list", R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  WHERE o.resource = 'result' AND o.patient_id = $1
    AND ($2::text IS NULL OR o.content->>'status' = $2) AND o.id < $3
  ORDER BY o.id DESC LIMIT $4)sql"};
inline const db::Query<db::Int64Row, PatientId, MaybeText> kCount{"results.count", R"sql(
  SELECT count(*) FROM {tenant}.chart_objects o
  WHERE o.resource = 'result' AND o.patient_id = $1
    AND ($2::text IS NULL OR o.content->>'status' = $2))sql"};

inline const db::Query<api::Whose, std::int64_t> kWhoseResult{"results.whose", R"sql(
  SELECT o.patient_id, false AS voided, false AS purged
  FROM {tenant}.chart_objects o WHERE o.resource = 'result' AND o.id = $1)sql"};

// ---- what waits to be read

struct Waiting {
  objects::Object result;
  std::string patient_number;
  std::string first_name;
  std::string last_name;
  MaybeText doctor_name;
  bool escalated = false;
  static constexpr db::Columns kColumns{"id",         "patient_id",     "version",
                                        "content",    "created_by",     "created_by_name",
                                        "created_at", "updated_by",     "updated_by_name",
                                        "updated_at", "patient_number", "first_name",
                                        "last_name",  "doctor_name",    "escalated"};
  static Waiting from_row(const db::RowView& r) {
    return {objects::Object::from_row(r),         r.str(kColumns["patient_number"]),
            r.str(kColumns["first_name"]),        r.str(kColumns["last_name"]),
            r.maybe_str(kColumns["doctor_name"]), r.boolean(kColumns["escalated"])};
  }
};
/// The critical ones first, then those that have waited longest. $1 a doctor (NULL: the
/// hospital's), $2 whether only critical ones, $3 and $4 the last one's place (0 of a critical one)
/// and id. Critical ones that nobody acknowledges are everybody's after an hour: the Joint
/// Commission asks that they are acted on within a time that the hospital sets (NPSG.02.03.01), and
/// most set an hour (Howanitz, Arch Pathol Lab Med 2002;126:663).
inline const db::Query<Waiting, MaybeId, bool, int, std::int64_t, int> kInbox{"results.inbox",
                                                                              R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at,
    p.patient_number, p.first_name, p.last_name, d.display_name AS doctor_name, w.escalated
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  JOIN {tenant}.patients p ON p.id = o.patient_id
  LEFT JOIN {tenant}.staff d ON d.account_id = (o.content->>'doctor_id')::bigint
  CROSS JOIN LATERAL (SELECT
    CASE WHEN (o.content->>'critical')::boolean THEN 0 ELSE 1 END AS place,
    (o.content->>'critical')::boolean AND o.updated_at < now() - interval '1 hour' AS escalated) w
  WHERE o.resource = 'result' AND o.content->>'acknowledged_at' IS NULL AND o.content <> '{}'
    AND ($1::bigint IS NULL OR o.content->>'doctor_id' IS NULL
         OR (o.content->>'doctor_id')::bigint = $1 OR w.escalated)
    AND (NOT $2::boolean OR w.place = 0)
    AND (w.place, o.id) > ($3::integer, $4::bigint)
  ORDER BY w.place, o.id LIMIT $5)sql"};
inline const db::Query<db::Int64Row, MaybeId> kCriticalWaiting{"results.critical_waiting", R"sql(
  SELECT count(*) FROM {tenant}.chart_objects o
  WHERE o.resource = 'result' AND o.content->>'acknowledged_at' IS NULL AND o.content <> '{}'
    AND (o.content->>'critical')::boolean
    AND ($1::bigint IS NULL OR o.content->>'doctor_id' IS NULL
         OR (o.content->>'doctor_id')::bigint = $1
         OR o.updated_at < now() - interval '1 hour'))sql"};

// ---- series

/// A result of a signed visit, or one that was filed and not cancelled.
struct Point {
  std::string test;
  MaybeText loinc;
  MaybeText unit;
  Time at{};
  std::string value;  ///< JSON
  MaybeText flag;
  std::optional<double> low;
  std::optional<double> high;
  MaybeId record_id;
  MaybeId result_id;
  MaybeText status;  ///< of one that was filed
  std::string item;  ///< JSON: all that it says
  static constexpr db::Columns kColumns{"test",      "loinc",     "unit",   "at",
                                        "value",     "flag",      "low",    "high",
                                        "record_id", "result_id", "status", "item"};
  static Point from_row(const db::RowView& r) {
    Point out;
    out.test = r.str(kColumns["test"]);
    out.loinc = r.maybe_str(kColumns["loinc"]);
    out.unit = r.maybe_str(kColumns["unit"]);
    out.at = r.time(kColumns["at"]);
    out.value = r.str(kColumns["value"]);
    out.flag = r.maybe_str(kColumns["flag"]);
    out.low = r.maybe_real(kColumns["low"]);
    out.high = r.maybe_real(kColumns["high"]);
    out.record_id = r.maybe_int64(kColumns["record_id"]);
    out.result_id = r.maybe_int64(kColumns["result_id"]);
    out.status = r.maybe_str(kColumns["status"]);
    out.item = r.str(kColumns["item"]);
    return out;
  }
};
/// The oldest first, none later than $4. A result's time is when the sample was taken, if that is
/// known (a bare date is midnight where the hospital is), else when it was reported, or the
/// visit's. Bare dates as bounds mean whole days where the hospital is, the last one included.
inline const db::Query<Point, PatientId, MaybeText, MaybeText, Time> kPoints{"results.points",
                                                                             R"sql(
  SELECT m.item->>'test' AS test, m.item->>'loinc' AS loinc, m.item->>'unit' AS unit, m.at,
    m.item->'value' AS value, m.item->>'flag' AS flag, (m.item->>'reference_low')::float8 AS low,
    (m.item->>'reference_high')::float8 AS high, m.record_id, m.result_id, m.status, m.item
  FROM (
    SELECT i.item, r.id AS record_id, NULL::bigint AS result_id, NULL::text AS status,
      i.position,
      CASE WHEN length(i.item->>'taken_at') = 10
           THEN (i.item->>'taken_at')::timestamp AT TIME ZONE t.time_zone
           ELSE coalesce((i.item->>'taken_at')::timestamptz, r.visit_date) END AS at
    FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
    CROSS JOIN LATERAL jsonb_array_elements(r.lab_results) WITH ORDINALITY AS i(item, position)
    WHERE r.patient_id = $1 AND r.voided_at IS NULL AND r.status <> 'draft'
      AND i.item ?& '{test,value}'
    UNION ALL
    SELECT o.content, (o.content->>'record_id')::bigint, o.id, o.content->>'status', 0,
      (o.content->>'at')::timestamptz
    FROM {tenant}.chart_objects o
    WHERE o.resource = 'result' AND o.patient_id = $1 AND o.content <> '{}'
      AND o.content->>'status' <> 'cancelled') m
  CROSS JOIN wardbook.my_tenant t
  WHERE m.at <= $4::timestamptz
    AND ($2::text IS NULL OR m.at >= CASE WHEN length($2) = 10
           THEN $2::timestamp AT TIME ZONE t.time_zone ELSE $2::timestamptz END)
    AND ($3::text IS NULL OR m.at < CASE WHEN length($3) = 10
           THEN ($3::timestamp + interval '1 day') AT TIME ZONE t.time_zone
           ELSE $3::timestamptz END)
  ORDER BY m.at, m.record_id NULLS LAST, m.position, m.result_id)sql"};
inline const db::Query<db::TextRow> kLocale{"results.locale",
                                            "SELECT t.locale FROM wardbook.my_tenant t"};

}  // namespace wardbook::results

#pragma once

#include "db/query.h"
#include "features/follow_ups/follow_ups.h"

// Tables: owns {tenant}.follow_ups
// Tables: reads {tenant}.chart_objects {tenant}.staff {tenant}.medical_records wardbook.my_tenant

namespace wardbook::follow_ups {

using MaybeText = std::optional<std::string>;
using MaybeId = std::optional<std::int64_t>;

/// What only the database knows: $1 the patient, $2 a doctor, $3 a visit, $4 a problem, $5 now.
struct Known {
  bool doctor = false;
  bool record = false;
  bool problem = false;
  Date today{};
  static constexpr db::Columns kColumns{"doctor", "record", "problem", "today"};
  static Known from_row(const db::RowView& r) {
    return {r.boolean(kColumns["doctor"]), r.boolean(kColumns["record"]),
            r.boolean(kColumns["problem"]), r.maybe_date(kColumns["today"]).value()};
  }
};
inline const db::Query<Known, PatientId, MaybeId, MaybeId, MaybeId, Time> kKnown{"follow_ups.known",
                                                                                 R"sql(
  SELECT EXISTS (SELECT FROM {tenant}.staff s
                 WHERE s.account_id = $2 AND s.role = 'doctor') AS doctor,
    EXISTS (SELECT FROM {tenant}.medical_records r
            WHERE r.id = $3 AND r.patient_id = $1 AND r.voided_at IS NULL) AS record,
    EXISTS (SELECT FROM {tenant}.chart_objects o
            WHERE o.id = $4 AND o.resource = 'problem' AND o.patient_id = $1) AS problem,
    ($5::timestamptz AT TIME ZONE t.time_zone)::date AS today
  FROM wardbook.my_tenant t)sql"};

/// A patient's, by id. $2 a state, $3 behind which id, $4 the limit.
inline const db::Query<objects::Object, PatientId, MaybeText, std::int64_t, int> kList{
    "follow_ups.list", R"sql(
  SELECT o.id, o.patient_id, o.version, o.content, o.created_by, c.display_name AS created_by_name,
    o.created_at, o.updated_by, u.display_name AS updated_by_name, o.updated_at
  FROM {tenant}.chart_objects o
  JOIN {tenant}.staff c ON c.account_id = o.created_by
  JOIN {tenant}.staff u ON u.account_id = o.updated_by
  WHERE o.resource = 'follow_up' AND o.patient_id = $1
    AND ($2::text IS NULL OR o.content->>'state' = $2) AND o.id > $3
  ORDER BY o.id LIMIT $4)sql"};
inline const db::Query<db::Int64Row, PatientId, MaybeText> kCount{"follow_ups.count", R"sql(
  SELECT count(*) FROM {tenant}.chart_objects o
  WHERE o.resource = 'follow_up' AND o.patient_id = $1
    AND ($2::text IS NULL OR o.content->>'state' = $2))sql"};

inline const db::Query<api::Whose, std::int64_t> kWhoseFollowUp{"follow_ups.whose", R"sql(
  SELECT o.patient_id, false AS voided, false AS purged
  FROM {tenant}.chart_objects o WHERE o.resource = 'follow_up' AND o.id = $1)sql"};

/// The table has those that are open, and what drafts ask for.
inline const db::Query<Counts, std::optional<AccountId>, Time> kOpen{"follow_ups.open", R"sql(
  SELECT count(*), count(*) FILTER (WHERE f.due < ($2::timestamptz AT TIME ZONE t.time_zone)::date)
  FROM {tenant}.follow_ups f CROSS JOIN wardbook.my_tenant t
  WHERE $1::bigint IS NULL OR f.doctor_id IS NULL OR f.doctor_id = $1)sql"};

}  // namespace wardbook::follow_ups

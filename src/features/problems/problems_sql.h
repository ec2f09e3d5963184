#pragma once

#include "db/query.h"
#include "features/problems/problems.h"

// Tables: reads {tenant}.chart_objects {tenant}.medical_records wardbook.my_tenant

namespace wardbook::problems {

using MaybeText = std::optional<std::string>;
using MaybeId = std::optional<std::int64_t>;

/// The day of a time where the hospital is, and of a visit ($2) when it was.
struct Days {
  Date today{};
  bool record = false;           ///< whether it is one of the patient's ($3)
  std::optional<Date> of_visit;  ///< its day
  static constexpr db::Columns kColumns{"today", "record", "of_visit"};
  static Days from_row(const db::RowView& r) {
    return {r.maybe_date(kColumns["today"]).value(), r.boolean(kColumns["record"]),
            r.maybe_date(kColumns["of_visit"])};
  }
};
inline const db::Query<Days, Time, MaybeId, PatientId> kDays{"problems.days", R"sql(
  SELECT ($1::timestamptz AT TIME ZONE t.time_zone)::date AS today, r.id IS NOT NULL AS record,
    (r.visit_date AT TIME ZONE t.time_zone)::date AS of_visit
  FROM wardbook.my_tenant t
  LEFT JOIN {tenant}.medical_records r ON r.id = $2 AND r.patient_id = $3
    AND r.voided_at IS NULL)sql"};

inline const db::Query<api::Whose, std::int64_t> kWhoseProblem{"problems.whose", R"sql(
  SELECT o.patient_id, false AS voided, false AS purged
  FROM {tenant}.chart_objects o WHERE o.resource = 'problem' AND o.id = $1)sql"};

}  // namespace wardbook::problems

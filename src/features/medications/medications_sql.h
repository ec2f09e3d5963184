#pragma once

#include "api/subject.h"
#include "db/query.h"

// Tables: reads {tenant}.chart_objects {tenant}.medical_records {tenant}.staff wardbook.my_tenant

namespace wardbook::medications {

inline const db::Query<api::Whose, std::int64_t> kWhoseMedication{"medications.whose", R"sql(
  SELECT patient_id, false AS voided, false AS purged
  FROM {tenant}.chart_objects WHERE id = $1 AND resource = 'medication')sql"};

/// The days that it is where the hospital is, at $1 and at $2.
struct LocalDays {
  Date then{};
  Date today{};
  static LocalDays from_row(const db::RowView& r) {
    return {r.maybe_date(0).value(), r.maybe_date(1).value()};
  }
};
inline const db::Query<LocalDays, Time, Time> kLocalDays{"medications.local_days", R"sql(
  SELECT ($1::timestamptz AT TIME ZONE t.time_zone)::date,
         ($2::timestamptz AT TIME ZONE t.time_zone)::date FROM wardbook.my_tenant t)sql"};

/// A prescription of a draft.
struct Unsigned {
  std::int64_t record = 0;
  std::string author;
  Date day{};
  std::string item;
  static constexpr db::Columns kColumns{"id", "display_name", "day", "item"};
  static Unsigned from_row(const db::RowView& r) {
    return {r.int64(kColumns["id"]), r.str(kColumns["display_name"]),
            r.maybe_date(kColumns["day"]).value(), r.str(kColumns["item"])};
  }
};
/// One whose visit was signed before, and is in the list by that, is not shown again.
inline const db::Query<Unsigned, PatientId> kUnsigned{"medications.unsigned", R"sql(
  SELECT r.id, s.display_name, (r.visit_date AT TIME ZONE t.time_zone)::date AS day, i.item
  FROM wardbook.my_tenant t CROSS JOIN {tenant}.medical_records r
  JOIN {tenant}.staff s ON s.account_id = r.version_by
  CROSS JOIN LATERAL jsonb_array_elements(r.prescriptions) WITH ORDINALITY AS i(item, position)
  WHERE r.patient_id = $1 AND r.status = 'draft' AND r.voided_at IS NULL AND i.item ? 'medication'
    AND NOT EXISTS (SELECT FROM {tenant}.chart_objects o
      WHERE o.patient_id = $1 AND o.resource = 'medication'
        AND o.content->'record_id' = to_jsonb(r.id) AND o.content->'item_id' = i.item->'id')
  ORDER BY r.visit_date DESC, r.id DESC, i.position)sql"};

}  // namespace wardbook::medications

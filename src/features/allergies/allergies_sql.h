#pragma once

#include "api/subject.h"
#include "db/query.h"

// Tables: reads {tenant}.chart_objects {tenant}.patients

namespace wardbook::allergies {

inline const db::Query<api::Whose, std::int64_t> kWhoseAllergy{"allergies.whose", R"sql(
  SELECT patient_id, false AS voided, false AS purged
  FROM {tenant}.chart_objects WHERE id = $1 AND resource = 'allergy')sql"};

/// A patient whose summary is not what the allergies say.
inline const db::Query<db::Int64Row> kFirstOtherSummary{"allergies.first_other_summary", R"sql(
  SELECT p.id FROM {tenant}.patients p
  LEFT JOIN (SELECT o.patient_id,
               jsonb_agg(wardbook.allergy_item(o.id, o.version, o.content) ORDER BY o.id) AS items
             FROM {tenant}.chart_objects o
             WHERE o.resource = 'allergy' AND wardbook.allergy_counts(o.content)
             GROUP BY o.patient_id) s ON s.patient_id = p.id
  WHERE p.allergies <> coalesce(s.items, '[]') ORDER BY p.id LIMIT 1)sql"};

}  // namespace wardbook::allergies

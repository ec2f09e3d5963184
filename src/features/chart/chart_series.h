#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/chart/chart_sql.h"

// Inside of the slice: what belongs together under one name, however it is written.

namespace wardbook::chart {

/// What is taken now, as JSON, and the lines of that in the same order.
struct Medication {
  std::string json;
  std::vector<allergies::Prescribed> lines;
};
/// By medication all that the newest visit with one of them says: two strengths are two lines, and
/// a short course that is over does not hide what goes on. `prescribed` begins with the newest.
[[nodiscard]] Medication current_medication(const std::vector<Prescribed>& prescribed);

}  // namespace wardbook::chart

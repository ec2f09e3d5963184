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

/// The newest result of each test, as JSON. `results` begin with the newest.
[[nodiscard]] std::string latest_results(const std::vector<TimedResult>& results);

/// A series is a test in one unit, whatever the spelling; its name, code, unit and range are the
/// newest that were given. `points` begin with the oldest. `asked` is a test's name or LOINC code.
[[nodiscard]] std::string lab_series(const std::vector<Point>& points,
                                     const std::optional<std::string>& asked);

}  // namespace wardbook::chart

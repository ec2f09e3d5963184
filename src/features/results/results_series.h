#pragma once

#include <optional>
#include <string>
#include <vector>

#include "features/results/results_sql.h"
#include "text/number_marks.h"

// Inside of the slice: which results are of one test, and which of these can be drawn in one plot.

namespace wardbook::results {

/// Results of one test are those with one LOINC code; one without a code belongs to the code that
/// others of its name have, if that is one. Within a test, a series is what converts into one unit;
/// the newest result's is the series'. `points` begin with the oldest. `asked` is a test's name or
/// LOINC code.
[[nodiscard]] std::string series_json(const std::vector<Point>& points,
                                      const std::optional<std::string>& asked,
                                      const text::NumberMarks& marks);

/// The newest of each test, as JSON, the newest of all first.
[[nodiscard]] std::string latest_of(const std::vector<Point>& points);

}  // namespace wardbook::results

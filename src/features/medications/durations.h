#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace wardbook::medications {

/// Until when a course is taken.
struct End {
  bool known = false;
  std::optional<Date> day{};  ///< the last one; none of a known end: it goes on for good
};

/// Reads a duration as people write it: "stat", "1 dose", "5/7" (days), "1/52" (weeks), "48 hours",
/// "7-day course", "three days", in the languages of the demo's hospitals. What cannot be read
/// ("until review", "1-2 weeks") is not known.
[[nodiscard]] End end_of(std::string_view duration, Date start);

}  // namespace wardbook::medications

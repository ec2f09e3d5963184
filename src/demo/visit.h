#pragma once

#include <optional>

#include "demo/patients.h"

namespace wardbook::demo {

/// Why somebody comes on a day.
struct Occasion {
  Date day{};
  const Condition* reason = nullptr;
  bool again = false;       ///< the reason was seen before
  bool recovering = false;  ///< an acute reason, seen again
  bool last = false;        ///< the person's last visit
};

/// A visit and the day it asks the person back, if it does.
struct Visit {
  DemoRecord record;
  std::optional<Date> back_on;
};

/// Writes the visit's record, all but its author and stage. Treatment of lasting conditions goes a
/// step further where they are not under control, so the body changes with it.
Visit make_visit(Random& random, const HospitalPlan& plan, Someone& someone,
                 const Occasion& occasion);

}  // namespace wardbook::demo

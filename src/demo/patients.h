#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "demo/generator.h"
#include "demo/person.h"

namespace wardbook::demo {

/// A patient with the body that visits are made from.
struct Someone {
  DemoPatient chart;
  Person body;
  std::size_t usual_doctor = 0;
  std::vector<std::pair<std::string, std::string>> allergies;  ///< substance and reaction
  std::optional<std::pair<Date, Date>> pregnancy;              ///< conception and term
};

/// One patient of a hospital. `window_begin`: the day two years before the anchor.
Someone make_patient(const HospitalPlan& plan, std::uint64_t seed, Date window_begin, Date anchor);

/// A moment of a local day, in UTC.
Time local_time(const HospitalPlan& plan, Date day, int minute_of_day);

}  // namespace wardbook::demo

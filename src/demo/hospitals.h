#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace wardbook::demo {

/// Where a demo hospital is and who comes there.
struct HospitalPlan {
  std::string_view id;
  std::string_view name;
  std::string_view time_zone;
  int utc_offset_hours;    ///< of the zone's standard time, to put visits into working hours
  std::string_view phone;  ///< with an x for every digit that differs
  std::vector<std::pair<std::string_view, double>> cultures;  ///< with their shares
  std::vector<std::string_view> streets;                      ///< `{n}` is the house number
  std::vector<std::string_view> towns;
  /// Doctors besides doctor@demo.test: display name and e-mail's local part.
  std::vector<std::pair<std::string_view, std::string_view>> doctors;
};

const std::vector<HospitalPlan>& hospital_plans();

}  // namespace wardbook::demo

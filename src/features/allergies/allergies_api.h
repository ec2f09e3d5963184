#pragma once

#include <boost/json.hpp>
#include <vector>

#include "base/failure.h"
#include "features/objects/objects.h"

// Inside of the slice: allergies as objects of the chart.

namespace wardbook::allergies {

/// Reads what is known of an allergy, in the form in which it is kept. A text alone is the
/// substance.
[[nodiscard]] boost::json::object parse_allergy(const boost::json::value& given,
                                                const std::string& pointer,
                                                std::vector<Fault>& faults);

}  // namespace wardbook::allergies

#pragma once

#include <vector>

#include "api/router.h"

/// One patient's whole chart, read only: timeline, vital signs and laboratory results as series.
namespace wardbook::chart {

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::chart

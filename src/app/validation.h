#pragma once

#include <string>
#include <vector>

#include "base/settings.h"

namespace wardbook::app {

/// Why these settings cannot be served with, each as `key: what is wrong`: what is missing, and
/// what cannot be understood. Connects to nothing.
[[nodiscard]] std::vector<std::string> faults_for_serve(const Settings& settings);

}  // namespace wardbook::app

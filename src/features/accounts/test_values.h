#pragma once

#include <string>

#include "base/clock.h"

namespace wardbook::accounts {

inline const std::string kSecret(32, 's');
inline const Time kNow = *parse_rfc3339("2026-03-04T05:06:07Z");

}  // namespace wardbook::accounts

#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/settings.h"
#include "demo/database.h"

namespace wardbook::demo {

using Say = std::function<void(const std::string&)>;

/// Brings schemas, hospitals, accounts and their data to where they have to be: everything on a
/// first start, nothing on a later one, the rest after one that was killed. `anchor`: the day that
/// the visits end on. Throws what its parts throw.
void set_up_hospitals(const Settings& settings, const Logins& logins, const std::string& password,
                      bool new_password, Date anchor, const Say& say);

}  // namespace wardbook::demo

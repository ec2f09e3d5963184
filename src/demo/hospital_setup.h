#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/settings.h"
#include "demo/database.h"

namespace wardbook::demo {

using Say = std::function<void(const std::string&)>;

/// Brings schemas, hospitals and accounts to where they have to be, and the charts of the first
/// hospital: everything on a first start, nothing on a later one, the rest after one that was
/// killed. `anchor`: the day that the visits end on. Throws what its parts throw.
void set_up_hospitals(const Settings& settings, const Logins& logins, const std::string& password,
                      bool new_password, Date anchor, const Say& say);

/// The charts of the other hospitals, where they are missing; the service may be running. Throws
/// what load_hospital throws.
void load_other_hospitals(const Logins& logins, Date anchor, const Say& say);

}  // namespace wardbook::demo

#pragma once

#include <string>

#include "base/ids.h"
#include "base/settings.h"
#include "demo/hospitals.h"

namespace wardbook::demo {

/// Adds the accounts of the contract, in every demo hospital, and the hospitals' further doctors,
/// where they are missing; sets their password where `reset` says that it has changed. By the same
/// doors as the command line.
/// Throws Failure, or std::runtime_error when the database is away.
void prepare_accounts(const Settings& settings, const std::string& password, bool reset);

/// The address of a hospital's doctor: 0 is doctor@demo.test, then the plan's.
[[nodiscard]] std::string doctor_email(const HospitalPlan& plan, std::size_t doctor);

}  // namespace wardbook::demo

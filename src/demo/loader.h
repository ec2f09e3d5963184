#pragma once

#include <string>

#include "demo/generator.h"

namespace wardbook::demo {

/// Fills one provisioned hospital with what the generator makes, in one transaction, under the
/// tenant's role: patients, records with their diagnoses, versions and signatures, and the audit
/// entries that all this would have left. What is written went through the checks of the API.
/// False if it was filled before; what others have entered since does not matter. Throws
/// db::SqlError, Interrupted, and std::logic_error if the generator made something that the API
/// would refuse.
bool load_hospital(const std::string& service_conninfo, const HospitalPlan& plan,
                   const GeneratorOptions& options);

/// Fresh statistics for the planner on this hospital, with the owner's login.
void analyze_hospital(const std::string& owner_conninfo, const HospitalPlan& plan);

}  // namespace wardbook::demo

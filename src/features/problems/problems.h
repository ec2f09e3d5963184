#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/router.h"
#include "features/objects/objects.h"

/// A patient's problems: promoted from the diagnoses of signed visits or written down by
/// themselves, until they are resolved.
namespace wardbook::problems {

inline constexpr objects::Kind kProblem{.resource = "problem", .missing = Code::problem_not_found};

/// What a signed visit means for the list.
[[nodiscard]] Task<> follow(api::Write& w, objects::VisitStep step);

/// Those that a patient has now, for the timeline, as JSON.
[[nodiscard]] Task<std::string> current_json(db::Tx& tx, PatientId patient, Time now);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::problems

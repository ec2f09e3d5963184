#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "features/objects/objects.h"

/// Results of laboratories: filed without a visit, corrected, waiting for whoever asked for them,
/// and as series together with those that signed visits have.
namespace wardbook::results {

inline constexpr objects::Kind kResult{.resource = "result", .missing = Code::result_not_found};

/// The newest result of each test for the timeline, as JSON: no later one than `now`, and of no
/// draft.
[[nodiscard]] Task<std::string> latest_json(db::Tx& tx, PatientId patient, Time now);

/// Critical results that nobody has acknowledged: a doctor's own, those that no doctor asked for,
/// and those of others that have waited too long; nullopt: all.
[[nodiscard]] Task<std::int64_t> critical_waiting(db::Tx& tx, std::optional<AccountId> doctor);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::results

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "db/pool.h"

namespace wardbook::db::detail {

/// Keywords and values for PQconnectStartParams.
using ConnectParams = std::vector<std::pair<std::string, std::string>>;

/// The connection string's own settings, then the ones that every session of ours needs: UTC, ISO
/// dates, a search_path in which nothing unqualified resolves, the timeouts.
/// Throws std::invalid_argument when libpq cannot read the string (without quoting it: it may hold
/// a password).
[[nodiscard]] ConnectParams session_params(const PoolOptions& options, bool limited);

}  // namespace wardbook::db::detail

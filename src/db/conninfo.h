#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "db/pool.h"

namespace wardbook::db::detail {

/// Keywords and values for PQconnectStartParams.
using ConnectParams = std::vector<std::pair<std::string, std::string>>;

/// How a connection notices that its other end is gone without a word: after some ten seconds of
/// silence on an idle one, and after ten for data that is not acknowledged. Without these it would
/// be two hours, and a quarter of one. For TCP; what the connection string says is stronger.
inline constexpr std::array<std::pair<const char*, const char*>, 5> kLiveness{
    {{"keepalives", "1"},
     {"keepalives_idle", "5"},
     {"keepalives_interval", "2"},
     {"keepalives_count", "3"},
     {"tcp_user_timeout", "10000"}}};

/// The connection string's own settings and kLiveness, then the ones that every session of ours
/// needs: UTC, ISO dates, a search_path in which nothing unqualified resolves, the timeouts. Throws
/// std::invalid_argument when libpq cannot read the string (without quoting it: it may hold a
/// password).
[[nodiscard]] ConnectParams session_params(const PoolOptions& options, bool limited);

}  // namespace wardbook::db::detail

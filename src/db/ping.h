#pragma once

#include <string>

namespace wardbook::db {

/// Whether a PostgreSQL server answers there and would take connections. Signs nobody in; blocks
/// for at most the `connect_timeout` of `conninfo`, so for tools and the demo only.
[[nodiscard]] bool server_accepts(const std::string& conninfo);

}  // namespace wardbook::db

#pragma once

#include <string>

#include "demo/cluster.h"
#include "demo/files.h"

namespace wardbook::demo {

inline constexpr const char* kDatabase = "wardbook";
inline constexpr const char* kOwner = "wardbook_owner";
inline constexpr const char* kService = "wardbook_service";

/// Where the demo's database is, for each of its logins.
struct Logins {
  std::string owner_conninfo;
  std::string service_conninfo;
};

/// Makes the database and its two logins where they are missing: the owner of all schemas, and the
/// service's own, which inherits nothing. Their passwords are those in `kept`.
/// Throws db::SqlError.
Logins prepare_database(const Cluster& cluster, Keepsakes& kept);

}  // namespace wardbook::demo

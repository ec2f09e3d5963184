#pragma once

#include <stdexcept>
#include <string>

#include "migrate/migrate.h"
#include "support/pg_cluster.h"

namespace wardbook::testing {

/// A hospital with a name of the test's own, in the database of `owner_conninfo`, which is migrated
/// first.
inline void provision(const std::string& owner_conninfo, const TenantId& tenant) {
  migrate::Options options;
  options.owner_conninfo = owner_conninfo;
  options.service_role = PgCluster::service_role();
  if (!migrate::run(options).ok()) throw std::runtime_error("migrating a test database failed");
  migrate::provision(options, tenant, "Hospital " + tenant.str(), "UTC");
}

}  // namespace wardbook::testing

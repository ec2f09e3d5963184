#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/embedded.h"
#include "base/ids.h"

namespace wardbook::migrate {

/// The files that were built into the program, under `control/` and `tenant/`: `0001_x.sql` is a
/// migration and applied once; `routines/x.sql` (functions and triggers) and `data/x.sql` are
/// applied again whenever they change, in this order and by name. In both, `{service}` stands for
/// the service's login; in a tenant's also `{tenant}` for its schema and `{role}` for its role,
/// each as a quoted identifier. A file is one part of a transaction, so it holds neither BEGIN nor
/// COMMIT, nor what PostgreSQL refuses inside a transaction.
[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

/// The names of the control schema's files, as its ledger has them.
[[nodiscard]] std::vector<std::string> control_names();

/// Anything that stops a run as a whole; what() is for the operator's terminal.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Options {
  /// libpq connection string of the database's owner, who has CREATEROLE.
  std::string owner_conninfo;
  std::string service_role;        ///< the service's login, which takes the tenants' roles
  int jobs = 4;                    ///< tenants at a time, each on a connection of its own
  std::optional<TenantId> tenant;  ///< only this one (and the control schema)
  bool dry_run = false;            ///< report what would be done, change nothing
  std::span<const EmbeddedFile> files = embedded_files();
};

/// What became of one tenant.
struct TenantReport {
  TenantId tenant;
  std::vector<std::string> applied;  ///< file names, or what would be applied in a dry run
  std::optional<std::string> error;  ///< nothing of this run was kept for this tenant
};

struct Report {
  std::vector<std::string> control;
  std::vector<TenantReport> tenants;  ///< by id
  /// What was not the owner's to withdraw from every role of the database: SQL for a superuser.
  std::vector<std::string> for_superuser;
  [[nodiscard]] std::size_t failed() const;
  [[nodiscard]] bool ok() const { return failed() == 0; }
};

/// Called as tenants are done, by one thread at a time.
using Progress = std::function<void(std::size_t done, std::size_t total, const TenantReport&)>;

/// Brings the control schema up to date, in one transaction, then every tenant's schema, each in
/// its own. A tenant that fails is reported and the rest go on. Two runs at once, on whatever
/// nodes, do everything once. Withdraws from PUBLIC what hospitals' roles have no use for. Throws
/// MigrationError when there is no connection, the control schema fails, a file is not named as it
/// should, a migration that was applied has changed since, or the named tenant is unknown.
Report run(const Options& options, const Progress& progress = {});

struct TenantStatus {
  TenantId tenant;
  int version = 0;  ///< of the last migration applied
  std::vector<std::string> pending;
  std::optional<std::string> error;  ///< an applied migration that has changed or is unknown
};

struct Status {
  int control_version = 0;  ///< 0: the database is empty
  std::vector<std::string> control_pending;
  std::optional<std::string> control_error;
  std::vector<TenantStatus> tenants;
  [[nodiscard]] bool up_to_date() const;
};

/// Reads only. Throws MigrationError when there is no connection or a file is misnamed.
Status status(const Options& options);

/// Makes a tenant, in one transaction: its row, its role, its schema with all tables. The control
/// schema must be up to date.
/// Throws Failure(tenant_exists) if there is one, or a schema of that name; Failure(invalid_fields)
/// for a time zone that PostgreSQL does not know; MigrationError for the rest.
void provision(const Options& options, const TenantId& tenant, const std::string& name,
               const std::string& time_zone);

/// Removes a tenant with all of its data: schema, role, row. False if there was none.
bool drop(const Options& options, const TenantId& tenant);

}  // namespace wardbook::migrate

#include "base/failure.h"
#include "db/sync_connection.h"
#include "migrate/files.h"
#include "migrate/ledger.h"
#include "migrate/migrate.h"

namespace wardbook::migrate {
namespace {

using db::SqlError;
using db::SyncConnection;

bool exists(SyncConnection& connection, const TenantId& tenant) {
  return connection
      .value(
          "SELECT 1 FROM wardbook.tenants WHERE id = $1"
          " UNION ALL SELECT 1 FROM pg_namespace WHERE nspname = $1",
          {tenant.str()})
      .has_value();
}

void insert_tenant(SyncConnection& connection, const TenantId& tenant, const std::string& name,
                   const std::string& time_zone) {
  if (connection.value("SELECT wardbook.is_time_zone($1)", {time_zone}) != "t") {
    throw Failure::invalid({{"/time_zone", "This time zone is not known."}});
  }
  try {
    connection.exec("INSERT INTO wardbook.tenants (id, name, time_zone) VALUES ($1, $2, $3)",
                    {tenant.str(), name, time_zone});
  } catch (const SqlError& error) {
    if (error.sqlstate() == "23505") throw Failure(Code::tenant_exists);  // made meanwhile
    if (error.sqlstate() != "23514") throw;
    throw Failure::invalid({{"/name", "A name has 1 to 200 characters."}});
  }
}

}  // namespace

void provision(const Options& options, const TenantId& tenant, const std::string& name,
               const std::string& time_zone) {
  const std::vector<Migration> migrations = load(options.files, "tenant");
  const std::vector<const Migration*> pending = pending_of(migrations, {});
  try {
    SyncConnection connection(options.owner_conninfo, "wardbook provision");
    db::SyncTransaction transaction(connection);
    if (exists(connection, tenant)) throw Failure(Code::tenant_exists);
    insert_tenant(connection, tenant, name, time_zone);
    ensure_role(connection, tenant, options.service_role);
    const std::string schema = quoted(tenant.str());
    const std::string role = quoted(tenant.role());
    connection.script("CREATE SCHEMA " + schema);
    connection.script("GRANT USAGE ON SCHEMA " + schema + " TO " + role);
    create_ledger(connection, tenant.str());
    apply(connection, tenant.str(), pending, {quoted(options.service_role), schema, role});
    transaction.commit();
  } catch (const SqlError& error) {
    throw MigrationError(error.what());
  }
}

bool drop(const Options& options, const TenantId& tenant) {
  try {
    SyncConnection connection(options.owner_conninfo, "wardbook drop");
    db::SyncTransaction transaction(connection);
    // One of two that drop the same waits here for the other.
    if (connection.exec("DELETE FROM wardbook.tenants WHERE id = $1", {tenant.str()}) == 0) {
      return false;
    }
    if (has_ledger(connection, tenant.str())) lock_ledger(connection, tenant.str());
    connection.script("DROP SCHEMA IF EXISTS " + quoted(tenant.str()) + " CASCADE");
    if (connection.value("SELECT 1 FROM pg_roles WHERE rolname = $1", {tenant.role()})) {
      const std::string role = quoted(tenant.role());
      // What the role was granted outside of its schema goes with DROP OWNED, for which the owner
      // has to be its member.
      connection.script("GRANT " + role + " TO CURRENT_USER");
      connection.script("DROP OWNED BY " + role);
      connection.script("DROP ROLE " + role);
    }
    transaction.commit();
    return true;
  } catch (const SqlError& error) {
    throw MigrationError(error.what());
  }
}

}  // namespace wardbook::migrate

#include "migrate/ledger.h"

#include <chrono>

namespace wardbook::migrate {
namespace {

using db::SqlError;
using db::SyncConnection;
using db::to_param;

std::string table_of(const std::string& schema) {
  return quoted(schema) + ".schema_migrations";
}

}  // namespace

bool has_ledger(SyncConnection& connection, const std::string& schema) {
  return connection.value("SELECT to_regclass($1)::text", {to_param(table_of(schema))}).has_value();
}

void create_ledger(SyncConnection& connection, const std::string& schema) {
  connection.script(
      "CREATE TABLE " + table_of(schema) +
      " (name text PRIMARY KEY, sha256 text NOT NULL,"
      " applied_at timestamptz NOT NULL DEFAULT now(), duration_ms integer NOT NULL)");
}

Ledger read_ledger(SyncConnection& connection, const std::string& schema) {
  Ledger ledger;
  if (!has_ledger(connection, schema)) return ledger;
  for (const auto& row : connection.query("SELECT name, sha256 FROM " + table_of(schema))) {
    ledger[*row[0]] = *row[1];
  }
  return ledger;
}

std::vector<std::string> apply(SyncConnection& connection, const std::string& schema,
                               const std::vector<const Migration*>& pending, const Places& places) {
  std::vector<std::string> names;
  std::vector<std::string> hashes;
  std::vector<std::string> durations;
  for (const Migration* migration : pending) {
    const auto begin = std::chrono::steady_clock::now();
    try {
      connection.script(fill(*migration, places));
    } catch (const SqlError& error) {
      throw MigrationError(migration->name + ": " + error.what());
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    names.push_back(migration->name);
    hashes.push_back(migration->sha256_hex);
    durations.push_back(std::to_string(took.count()));
  }
  if (names.empty()) return names;
  connection.exec("INSERT INTO " + table_of(schema) +
                      " (name, sha256, duration_ms)"
                      " SELECT * FROM unnest($1::text[], $2::text[], $3::integer[])"
                      " ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256,"
                      " applied_at = now(), duration_ms = excluded.duration_ms",
                  {to_param(names), to_param(hashes), to_param(durations)});
  return names;
}

void retire(SyncConnection& connection, const std::string& schema,
            const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    connection.exec("UPDATE " + table_of(schema) + " SET sha256 = '' WHERE name = $1", {name});
  }
}

void lock_ledger(SyncConnection& connection, const std::string& schema) {
  // Readers go on; whoever has no more than SELECT can take nothing that stands in its way.
  connection.script("LOCK TABLE " + table_of(schema) + " IN SHARE ROW EXCLUSIVE MODE");
}

void ensure_role(SyncConnection& connection, const TenantId& tenant,
                 const std::string& service_role) {
  const std::string role = quoted(tenant.role());
  const std::string service = quoted(service_role);
  if (!connection.value("SELECT 1 FROM pg_roles WHERE rolname = $1", {tenant.role()})) {
    connection.script("CREATE ROLE " + role + " NOLOGIN NOINHERIT");
  }
  if (!connection.value("SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
                        " JOIN pg_roles s ON s.oid = m.member"
                        " WHERE r.rolname = $1 AND s.rolname = $2",
                        {tenant.role(), service_role})) {
    connection.script("GRANT " + role + " TO " + service);
  }
}

namespace {

bool is_there(SyncConnection& connection, const TenantId& tenant) {
  return connection.value("SELECT 1 FROM wardbook.tenants WHERE id = $1", {tenant.str()})
      .has_value();
}

/// False where the tenant has been dropped since the list of them was read, or is dropped while we
/// wait for it; the transaction has failed then.
bool hold_tenant(SyncConnection& connection, const TenantId& tenant) {
  if (!is_there(connection, tenant)) return false;
  try {
    lock_ledger(connection, tenant.str());
    return true;
  } catch (const SqlError& error) {
    if (error.sqlstate() != "42P01" && error.sqlstate() != "3F000") throw;
    connection.script("ROLLBACK");
    if (is_there(connection, tenant)) throw;
    return false;
  }
}

}  // namespace

std::vector<std::string> migrate_tenant(SyncConnection& connection, const TenantId& tenant,
                                        const std::vector<Migration>& migrations,
                                        const Options& options) {
  db::SyncTransaction transaction(connection);
  if (!options.dry_run && !hold_tenant(connection, tenant)) return {};
  const Ledger ledger = read_ledger(connection, tenant.str());
  if (const auto conflict = conflict_of(migrations, ledger)) throw MigrationError(*conflict);
  const std::vector<const Migration*> pending = pending_of(migrations, ledger);
  if (options.dry_run) return names_of(pending);
  // Rather fail one tenant, and try it again later, than hold its requests up behind our lock.
  connection.script("SET LOCAL lock_timeout = '20s'");
  ensure_role(connection, tenant, options.service_role);
  std::vector<std::string> names =
      apply(connection, tenant.str(), pending,
            {quoted(options.service_role), quoted(tenant.str()), quoted(tenant.role())});
  retire(connection, tenant.str(), gone_from(migrations, ledger));
  transaction.commit();
  return names;
}

}  // namespace wardbook::migrate

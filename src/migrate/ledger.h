#pragma once

#include <string>
#include <vector>

#include "db/sync_connection.h"
#include "migrate/files.h"

namespace wardbook::migrate {

/// `schema` is the plain name; the ledger is its table schema_migrations.
[[nodiscard]] bool has_ledger(db::SyncConnection& connection, const std::string& schema);
void create_ledger(db::SyncConnection& connection, const std::string& schema);
/// Empty where there is no ledger.
[[nodiscard]] Ledger read_ledger(db::SyncConnection& connection, const std::string& schema);

/// Applies what is pending inside the caller's transaction and writes it down.
/// Throws MigrationError, naming the file and what PostgreSQL said.
std::vector<std::string> apply(db::SyncConnection& connection, const std::string& schema,
                               const std::vector<const Migration*>& pending, const Places& places);
/// Marks what this program does not have any more, so that it is applied if it ever comes back. The
/// names stay: programs that have it still look for them.
void retire(db::SyncConnection& connection, const std::string& schema,
            const std::vector<std::string>& names);

/// Until the end of the transaction, nobody else migrates this schema or drops it. A lock on the
/// ledger, which only its owner can take, and not an advisory one, which every role of the database
/// can. Waits. Throws SqlError (3F000, 42P01) where the schema or the ledger is not there.
void lock_ledger(db::SyncConnection& connection, const std::string& schema);

/// The tenant's part of a transaction: the ledger's lock, the ledger, what is pending. A dry run
/// only looks.
std::vector<std::string> migrate_tenant(db::SyncConnection& connection, const TenantId& tenant,
                                        const std::vector<Migration>& migrations,
                                        const Options& options);

/// Makes the tenant's role where it is missing and lets the service take it.
void ensure_role(db::SyncConnection& connection, const TenantId& tenant,
                 const std::string& service_role);

}  // namespace wardbook::migrate

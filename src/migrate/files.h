#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/migrate.h"

namespace wardbook::migrate {

/// One migration of a scope.
struct Migration {
  int version;             ///< the four digits of its name
  std::string name;        ///< `0001_tables`
  std::string_view sql;    ///< with its places still in it
  std::string sha256_hex;  ///< of `sql`
};

/// A ledger's row.
struct Applied {
  std::string name;
  std::string sha256_hex;
};
using Ledger = std::map<int, Applied>;

/// The scope's (`control`, `tenant`) migrations by version.
/// Throws MigrationError for a misnamed file or a version that is there twice.
[[nodiscard]] std::vector<Migration> load(std::span<const EmbeddedFile> files,
                                          std::string_view scope);

/// Why the ledger does not fit the program's migrations: one that was applied has changed, is not
/// known here (the database is newer), or a missing one lies below an applied one. nullopt: it
/// fits.
[[nodiscard]] std::optional<std::string> conflict_of(const std::vector<Migration>& migrations,
                                                     const Ledger& ledger);

[[nodiscard]] std::vector<const Migration*> pending_of(const std::vector<Migration>& migrations,
                                                       const Ledger& ledger);

/// A migration's places; `tenant` and `role` are not filled in the control scope.
struct Places {
  std::string service;
  std::optional<std::string> tenant;
  std::optional<std::string> role;
};
/// Throws MigrationError for a place that has no value in this scope.
[[nodiscard]] std::string fill(const Migration& migration, const Places& places);

/// `"name"`.
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace wardbook::migrate

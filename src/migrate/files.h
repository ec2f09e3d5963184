#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/migrate.h"

namespace wardbook::migrate {

/// One file of a scope: a migration, which is applied once, or one of those that are applied again
/// whenever they change: routines (functions and triggers) and data.
struct Migration {
  int version;             ///< the four digits of its name; 0: it is applied again
  std::string name;        ///< `0001_tables`, `routines/records_guard`, `data/icd10_starter`
  std::string_view sql;    ///< with its places still in it
  std::string sha256_hex;  ///< of `sql`
};

/// The hash of each file that was applied, by its name.
using Ledger = std::map<std::string, std::string>;

/// The scope's (`control`, `tenant`) files in the order in which they are applied: migrations by
/// version, routines, data.
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
[[nodiscard]] std::vector<std::string> names_of(const std::vector<const Migration*>& migrations);

/// Routines and data in the ledger that this program does not have any more, unless marked so.
[[nodiscard]] std::vector<std::string> gone_from(const std::vector<Migration>& migrations,
                                                 const Ledger& ledger);

/// Of the last migration in the ledger; 0: there is none.
[[nodiscard]] int version_of(const Ledger& ledger);

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

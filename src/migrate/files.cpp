#include "migrate/files.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"

namespace wardbook::migrate {
namespace embedded {
extern const std::span<const EmbeddedFile> kFiles;  // made by cmake/embed.cmake
}

namespace {

constexpr std::size_t kDigits = 4;

int version_of(std::string_view file, std::string_view path) {
  const bool well_named = file.size() > kDigits + 5 && file[kDigits] == '_' &&
                          file.ends_with(".sql") && all_digits(file.substr(0, kDigits));
  const int version = well_named ? std::stoi(std::string(file.substr(0, kDigits))) : 0;
  if (version == 0) {
    throw MigrationError(std::string(path) + ": a migration is named like 0001_tables.sql");
  }
  return version;
}

void replace_all(std::string& text, std::string_view place, const std::optional<std::string>& value,
                 const std::string& migration) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
    if (!value) {
      throw MigrationError(migration + ": " + std::string(place) + " has no place here");
    }
    text.replace(at, place.size(), *value);
    at += value->size();
  }
}

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
  return embedded::kFiles;
}

std::vector<Migration> load(std::span<const EmbeddedFile> files, std::string_view scope) {
  const std::string folder = std::string(scope) + "/";
  std::vector<Migration> found;
  for (const EmbeddedFile& file : files) {
    if (!file.path.starts_with(folder)) continue;
    const std::string_view name = file.path.substr(folder.size());
    const int version = version_of(name, file.path);
    found.push_back({version, std::string(name.substr(0, name.size() - 4)), file.bytes,
                     to_hex(sha256(file.bytes))});
  }
  std::ranges::sort(found, {}, &Migration::version);
  const auto twice = std::ranges::adjacent_find(found, {}, &Migration::version);
  if (twice != found.end()) {
    throw MigrationError(folder + twice->name + ": its number is there twice");
  }
  return found;
}

std::optional<std::string> conflict_of(const std::vector<Migration>& migrations,
                                       const Ledger& ledger) {
  for (const auto& [version, applied] : ledger) {
    const auto known = std::ranges::find(migrations, version, &Migration::version);
    if (known == migrations.end()) {
      return "migration " + applied.name + " is not known to this program: the database is newer";
    }
    if (known->sha256_hex != applied.sha256_hex) {
      return "migration " + known->name + " has changed since it was applied";
    }
  }
  const int last = ledger.empty() ? 0 : ledger.rbegin()->first;
  for (const Migration& migration : migrations) {
    if (migration.version < last && !ledger.contains(migration.version)) {
      return "migration " + migration.name + " was left out: a later one is applied";
    }
  }
  return std::nullopt;
}

std::vector<const Migration*> pending_of(const std::vector<Migration>& migrations,
                                         const Ledger& ledger) {
  std::vector<const Migration*> pending;
  for (const Migration& migration : migrations) {
    if (!ledger.contains(migration.version)) pending.push_back(&migration);
  }
  return pending;
}

std::string fill(const Migration& migration, const Places& places) {
  std::string sql(migration.sql);
  replace_all(sql, "{service}", places.service, migration.name);
  replace_all(sql, "{tenant}", places.tenant, migration.name);
  replace_all(sql, "{role}", places.role, migration.name);
  return sql;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

}  // namespace wardbook::migrate

#include "migrate/files.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/hash.h"
#include "base/text.h"

namespace wardbook::migrate {
namespace embedded {
extern const std::span<const EmbeddedFile> kFiles;  // made by cmake/embed.cmake
}

namespace {

constexpr std::size_t kDigits = 4;

/// In the order in which they are applied, behind the migrations.
constexpr std::array<std::string_view, 2> kRepeated{"routines/", "data/"};

bool is_repeated(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

/// Of a migration's name without its ending; 0 if it is none.
int number_of(std::string_view name) {
  const bool numbered =
      name.size() > kDigits + 1 && name[kDigits] == '_' && all_digits(name.substr(0, kDigits));
  return numbered ? std::stoi(std::string(name.substr(0, kDigits))) : 0;
}

/// Where a repeated file stands among the others; 0: it is none.
std::size_t rank_of(std::string_view name) {
  for (std::size_t i = 0; i < kRepeated.size(); ++i) {
    const bool plain = name.starts_with(kRepeated[i]) && name.size() > kRepeated[i].size() &&
                       name.find('/', kRepeated[i].size()) == std::string_view::npos;
    if (plain) return i + 1;
  }
  return 0;
}

/// `file` is its path in the scope's folder.
Migration migration_of(std::string_view file, const EmbeddedFile& of) {
  const bool sql = file.ends_with(".sql");
  const std::string name(sql ? file.substr(0, file.size() - 4) : file);
  const int version = number_of(name);
  if (!sql || (version == 0) != (rank_of(name) > 0)) {
    throw MigrationError(std::string(of.path) +
                         ": a migration is named like 0001_tables.sql, what is applied again "
                         "whenever it changes like routines/guards.sql or data/codes.sql");
  }
  return {version, name, of.bytes, to_hex(sha256(of.bytes))};
}

std::tuple<std::size_t, int, std::string_view> place_of(const Migration& migration) {
  return {rank_of(migration.name), migration.version, migration.name};
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
    found.push_back(migration_of(file.path.substr(folder.size()), file));
  }
  std::ranges::sort(found, {}, &place_of);
  const auto twice =
      std::ranges::adjacent_find(found, [](const Migration& one, const Migration& other) {
        return one.version != 0 && one.version == other.version;
      });
  if (twice != found.end()) {
    throw MigrationError(folder + twice->name + ": its number is there twice");
  }
  return found;
}

std::vector<std::string> control_names() {
  std::vector<std::string> names;
  for (const Migration& migration : load(embedded_files(), "control")) {
    names.push_back(migration.name);
  }
  return names;
}

std::optional<std::string> conflict_of(const std::vector<Migration>& migrations,
                                       const Ledger& ledger) {
  for (const auto& [name, sha256_hex] : ledger) {
    if (is_repeated(name)) continue;
    const auto known = std::ranges::find(migrations, name, &Migration::name);
    if (known == migrations.end()) {
      return "migration " + name + " is not known to this program: the database is newer";
    }
    if (known->sha256_hex != sha256_hex) {
      return "migration " + name + " has changed since it was applied";
    }
  }
  const int last = version_of(ledger);
  for (const Migration& migration : migrations) {
    if (migration.version != 0 && migration.version < last && !ledger.contains(migration.name)) {
      return "migration " + migration.name + " was left out: a later one is applied";
    }
  }
  return std::nullopt;
}

std::vector<const Migration*> pending_of(const std::vector<Migration>& migrations,
                                         const Ledger& ledger) {
  std::vector<const Migration*> pending;
  for (const Migration& migration : migrations) {
    const auto applied = ledger.find(migration.name);
    const bool due = applied == ledger.end() ||
                     (migration.version == 0 && applied->second != migration.sha256_hex);
    if (due) pending.push_back(&migration);
  }
  return pending;
}

std::vector<std::string> names_of(const std::vector<const Migration*>& migrations) {
  std::vector<std::string> names;
  for (const Migration* migration : migrations) names.push_back(migration->name);
  return names;
}

std::vector<std::string> gone_from(const std::vector<Migration>& migrations, const Ledger& ledger) {
  std::vector<std::string> gone;
  for (const auto& [name, sha256_hex] : ledger) {
    const bool known = std::ranges::find(migrations, name, &Migration::name) != migrations.end();
    if (is_repeated(name) && !known && !sha256_hex.empty()) gone.push_back(name);
  }
  return gone;
}

int version_of(const Ledger& ledger) {
  int last = 0;
  for (const auto& [name, sha256_hex] : ledger) last = std::max(last, number_of(name));
  return last;
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

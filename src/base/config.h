#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/settings.h"

namespace wardbook::config {

/// Where settings come from, the stronger ones last: defaults, file, environment, flags.
struct Sources {
  std::optional<std::string> file;                         ///< TOML
  std::map<std::string, std::string> variables;            ///< WARDBOOK_SERVER_PORT and so on
  std::vector<std::pair<std::string, std::string>> flags;  ///< {"server.port", "8081"}
};

struct Loaded {
  Settings settings;
  /// Everything that is wrong, each with its place: `wardbook.toml:12: server.port: …`.
  std::vector<std::string> faults;
  /// What is ignored and perhaps should not be.
  std::vector<std::string> warnings;
};

/// Reads all sources; never throws for what they hold. Unknown keys in the file or among the flags
/// are faults, and so are values out of range, and variables that look like a misspelt setting
/// (`WARDBOOK_SERVER_PROT`). Other variables that begin with WARDBOOK_ bring a warning, but for
/// those that this program knows and those that Kubernetes makes for a service of that name.
[[nodiscard]] Loaded load(const Sources& sources);

/// What `serve` needs beyond single values: connection strings, a secret long enough, a store.
[[nodiscard]] std::vector<std::string> missing_for_serve(const Settings& settings);

enum class Secrets { masked, shown };
/// Every key as a TOML file that `load` reads back to the same settings (with Secrets::shown).
[[nodiscard]] std::string to_toml(const Settings& settings, Secrets secrets);
/// The same as rows of key and literal, as TOML and JSON write it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> to_rows(const Settings& settings,
                                                                       Secrets secrets);

/// The process's environment, as `Sources::variables`.
[[nodiscard]] std::map<std::string, std::string> environment();

}  // namespace wardbook::config

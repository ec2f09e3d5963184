#include "base/config.h"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <limits>
#include <numeric>
#include <utility>
#include <variant>

#include "base/addresses.h"
#include "base/text.h"

namespace wardbook::config {
namespace {

using Target =
    std::variant<std::string*, bool*, int*, std::uint16_t*, std::int64_t*, double*,
                 std::chrono::milliseconds*, std::chrono::seconds*, std::vector<std::string>*>;

using Fault = std::optional<std::string>;

/// One setting. Its unit is the last part of its name.
struct Key {
  std::string_view name;
  Target (*target)(Settings&);
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  bool secret = false;
  std::string_view one_of = {};                       ///< "a|b|c"; empty: any text
  Fault (*item_fault)(const std::string&) = nullptr;  ///< of a list: what is wrong with an item
};

constexpr std::int64_t kGiB = 1024LL * 1024 * 1024;
constexpr std::int64_t kDay_s = 86'400;

Fault range_fault(const std::string& item) {
  if (AddressRange::parse(item)) return std::nullopt;
  return "must hold addresses (192.0.2.1) and ranges of them (10.0.0.0/8)";
}

/// As a browser writes it: lower case, without a path.
Fault origin_fault(const std::string& item) {
  std::string_view rest = item;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const bool plain = std::ranges::all_of(rest, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') ||
           std::string_view("-.:[]").find(c) != std::string_view::npos;
  });
  if (rest.size() < item.size() && !rest.empty() && plain) return std::nullopt;
  return "must hold origins as a browser sends them (https://records.example.org)";
}

std::vector<Key> service_keys() {
  return {
      {"server.host", [](Settings& s) -> Target { return &s.server.host; }},
      {"server.port", [](Settings& s) -> Target { return &s.server.port; }, 0, 65'535},
      {"server.reactors", [](Settings& s) -> Target { return &s.server.reactors; }, 1, 64},
      {"server.max_connections", [](Settings& s) -> Target { return &s.server.max_connections; }, 1,
       1'000'000},
      {"server.max_connections_per_address",
       [](Settings& s) -> Target { return &s.server.max_connections_per_address; }, 0, 1'000'000},
      {"server.open_requests_per_minute",
       [](Settings& s) -> Target { return &s.server.open_requests_per_minute; }, 0, 1'000'000},
      {"server.trusted_proxies", [](Settings& s) -> Target { return &s.server.trusted_proxies; }, 0,
       0, false, "", &range_fault},
      {"server.origins", [](Settings& s) -> Target { return &s.server.origins; }, 0, 0, false, "",
       &origin_fault},
      {"server.slow_client_grace_ms",
       [](Settings& s) -> Target { return &s.server.slow_client_grace; }, 100, 600'000},
      {"server.min_bytes_per_second",
       [](Settings& s) -> Target { return &s.server.min_bytes_per_second; }, 0, kGiB},
      {"server.drain_timeout_ms", [](Settings& s) -> Target { return &s.server.drain_timeout; }, 0,
       600'000},
      {"database.url", [](Settings& s) -> Target { return &s.database.url; }, 0, 0, true},
      {"database.owner_url", [](Settings& s) -> Target { return &s.database.owner_url; }, 0, 0,
       true},
      {"database.connections", [](Settings& s) -> Target { return &s.database.connections; }, 2,
       1'000},
      {"database.tenant_connections",
       [](Settings& s) -> Target { return &s.database.tenant_connections; }, 0, 1'000},
      {"database.control_connections",
       [](Settings& s) -> Target { return &s.database.control_connections; }, 1, 1'000},
      {"database.audit_connections",
       [](Settings& s) -> Target { return &s.database.audit_connections; }, 1, 100},
      {"database.lanes", [](Settings& s) -> Target { return &s.database.lanes; }, 1, 64},
      {"database.statement_timeout_ms",
       [](Settings& s) -> Target { return &s.database.statement_timeout; }, 100, 600'000},
      {"database.acquire_timeout_ms",
       [](Settings& s) -> Target { return &s.database.acquire_timeout; }, 100, 600'000},
      {"auth.token_secret", [](Settings& s) -> Target { return &s.auth.token_secret; }, 0, 0, true},
      {"auth.access_ttl_s", [](Settings& s) -> Target { return &s.auth.access_ttl; }, 30, kDay_s},
      {"auth.session_ttl_s", [](Settings& s) -> Target { return &s.auth.session_ttl; }, 60,
       90 * kDay_s},
      {"auth.max_failed_logins", [](Settings& s) -> Target { return &s.auth.max_failed_logins; }, 1,
       1'000},
      {"auth.max_failed_logins_total",
       [](Settings& s) -> Target { return &s.auth.max_failed_logins_total; }, 1, 100'000},
      {"auth.lock_duration_s", [](Settings& s) -> Target { return &s.auth.lock_duration; }, 1,
       30 * kDay_s},
      {"auth.argon2_memory_bytes",
       [](Settings& s) -> Target { return &s.auth.argon2_memory_bytes; }, 19 * 1024 * 1024,
       4 * kGiB},
      {"auth.argon2_passes", [](Settings& s) -> Target { return &s.auth.argon2_passes; }, 1, 100},
      {"storage.endpoint", [](Settings& s) -> Target { return &s.storage.endpoint; }},
      {"storage.public_endpoint", [](Settings& s) -> Target { return &s.storage.public_endpoint; }},
      {"storage.region", [](Settings& s) -> Target { return &s.storage.region; }},
      {"storage.bucket", [](Settings& s) -> Target { return &s.storage.bucket; }},
      {"storage.access_key", [](Settings& s) -> Target { return &s.storage.access_key; }},
      {"storage.secret_key", [](Settings& s) -> Target { return &s.storage.secret_key; }, 0, 0,
       true},
      {"storage.path_style", [](Settings& s) -> Target { return &s.storage.path_style; }},
      {"storage.conditional_put", [](Settings& s) -> Target { return &s.storage.conditional_put; }},
      {"storage.timeout_s", [](Settings& s) -> Target { return &s.storage.timeout; }, 1, 300},
      {"storage.archive_after_days",
       [](Settings& s) -> Target { return &s.storage.archive_after_days; }, 0, 730},
      {"storage.cors_origins", [](Settings& s) -> Target { return &s.storage.cors_origins; }, 0, 0,
       false, "", &origin_fault},
      {"storage.kms_key", [](Settings& s) -> Target { return &s.storage.kms_key; }},
      {"storage.usage_every_s", [](Settings& s) -> Target { return &s.storage.usage_every; }, 1,
       86'400},
  };
}

std::vector<Key> price_keys() {
  return {
      {"prices.frequent_usd_per_gb_month",
       [](Settings& s) -> Target { return &s.prices.frequent_usd_per_gb_month; }, 0, 1'000},
      {"prices.infrequent_usd_per_gb_month",
       [](Settings& s) -> Target { return &s.prices.infrequent_usd_per_gb_month; }, 0, 1'000},
      {"prices.archive_instant_usd_per_gb_month",
       [](Settings& s) -> Target { return &s.prices.archive_instant_usd_per_gb_month; }, 0, 1'000},
      {"prices.archive_usd_per_gb_month",
       [](Settings& s) -> Target { return &s.prices.archive_usd_per_gb_month; }, 0, 1'000},
      {"prices.standard_usd_per_gb_month",
       [](Settings& s) -> Target { return &s.prices.standard_usd_per_gb_month; }, 0, 1'000},
      {"prices.monitoring_usd_per_1000_objects",
       [](Settings& s) -> Target { return &s.prices.monitoring_usd_per_1000_objects; }, 0, 1'000},
      {"prices.put_usd_per_1000", [](Settings& s) -> Target { return &s.prices.put_usd_per_1000; },
       0, 1'000},
      {"prices.get_usd_per_1000", [](Settings& s) -> Target { return &s.prices.get_usd_per_1000; },
       0, 1'000},
      {"prices.alert_usd_per_month",
       [](Settings& s) -> Target { return &s.prices.alert_usd_per_month; }, 0, 1'000'000'000},
  };
}

std::vector<Key> other_keys() {
  return {
      {"attachments.max_bytes", [](Settings& s) -> Target { return &s.attachments.max_bytes; }, 1,
       5 * kGiB},
      {"attachments.dicom_max_bytes",
       [](Settings& s) -> Target { return &s.attachments.dicom_max_bytes; }, 1, 50 * kGiB},
      {"attachments.url_ttl_s", [](Settings& s) -> Target { return &s.attachments.url_ttl; }, 1,
       3'600},
      {"attachments.proxy", [](Settings& s) -> Target { return &s.attachments.proxy; }},
      {"attachments.retention_days",
       [](Settings& s) -> Target { return &s.attachments.retention_days; }, 0, 36'500},
      {"attachments.sweep_every_s",
       [](Settings& s) -> Target { return &s.attachments.sweep_every; }, 1, 86'400},
      {"attachments.sweep_grace_s",
       [](Settings& s) -> Target { return &s.attachments.sweep_grace; }, 0, 7 * 86'400},
      {"attachments.multipart_threshold_bytes",
       [](Settings& s) -> Target { return &s.attachments.multipart_threshold_bytes; },
       5 * 1024 * 1024, 5 * kGiB},
      {"attachments.part_bytes", [](Settings& s) -> Target { return &s.attachments.part_bytes; },
       5 * 1024 * 1024, 64 * 1024 * 1024},
      {"attachments.verify_at_once_bytes",
       [](Settings& s) -> Target { return &s.attachments.verify_at_once_bytes; }, 0, kGiB},
      {"attachments.verify_all_every_s",
       [](Settings& s) -> Target { return &s.attachments.verify_all_every; }, 1, 3'600},
      {"attachments.scan", [](Settings& s) -> Target { return &s.attachments.scan; }},
      {"attachments.scan_max_bytes",
       [](Settings& s) -> Target { return &s.attachments.scan_max_bytes; }, 1, 50 * kGiB},
      {"attachments.scan_timeout_s",
       [](Settings& s) -> Target { return &s.attachments.scan_timeout; }, 1, 3'600},
      {"attachments.restored_every_s",
       [](Settings& s) -> Target { return &s.attachments.restored_every; }, 1, 3'600},
      {"jobs.enabled", [](Settings& s) -> Target { return &s.jobs.enabled; }},
      {"jobs.lease_s", [](Settings& s) -> Target { return &s.jobs.lease; }, 2, 600},
      {"jobs.seal_all_every_s", [](Settings& s) -> Target { return &s.jobs.seal_all_every; }, 1,
       3'600},
      {"jobs.reindex_every_s", [](Settings& s) -> Target { return &s.jobs.reindex_every; }, 1,
       86'400},
      {"jobs.erase_every_s", [](Settings& s) -> Target { return &s.jobs.erase_every; }, 1, 3'600},
      {"ui.idle_lock_s", [](Settings& s) -> Target { return &s.ui.idle_lock; }, 0, 86'400},
      {"log.target", [](Settings& s) -> Target { return &s.log.target; }},
      {"log.level", [](Settings& s) -> Target { return &s.log.level; }, 0, 0, false,
       "debug|info|warning|error"},
      {"demo.enabled", [](Settings& s) -> Target { return &s.demo.enabled; }},
      {"demo.sign_in_file", [](Settings& s) -> Target { return &s.demo.sign_in_file; }},
  };
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> out = service_keys();
    for (const Key& key : price_keys()) out.push_back(key);
    for (const Key& key : other_keys()) out.push_back(key);
    return out;
  }();
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found = std::ranges::find(keys(), name, &Key::name);
  return found == keys().end() ? nullptr : &*found;
}

std::string variable_of(const Key& key) {
  std::string out = "WARDBOOK_";
  for (const char c : key.name) {
    out += c == '.' ? '_' : upper_case(c);
  }
  return out;
}

bool listed(std::string_view choices, std::string_view value) {
  const auto all = split(choices, "|");
  return std::ranges::find(all, value) != all.end();
}

Fault assign_text(const Key& key, std::string* target, std::string value) {
  if (!key.one_of.empty() && !listed(key.one_of, value)) {
    return "must be one of " + std::string(key.one_of);
  }
  *target = std::move(value);
  return std::nullopt;
}

Fault assign_list(const Key& key, std::vector<std::string>* target,
                  std::vector<std::string> items) {
  for (const auto& item : items) {
    const Fault fault = key.item_fault != nullptr ? key.item_fault(item) : std::nullopt;
    if (fault) return fault;
  }
  *target = std::move(items);
  return std::nullopt;
}

/// As a variable or a flag gives a list: with commas.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  if (text.ends_with(',')) text.remove_suffix(1);
  for (const auto item : split(text, ",")) out.emplace_back(trimmed(item, " "));
  return out;
}

/// Into whichever kind of number the setting is.
Fault assign_number(const Key& key, const Target& target, std::int64_t value) {
  if (value < key.least || value > key.most) {
    return "must be between " + std::to_string(key.least) + " and " + std::to_string(key.most);
  }
  std::visit(
      [value]<class T>(T* place) {
        if constexpr (std::is_same_v<T, std::chrono::milliseconds> ||
                      std::is_same_v<T, std::chrono::seconds>) {
          *place = T(value);
        } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
          *place = static_cast<T>(value);
        }
      },
      target);
  return std::nullopt;
}

Fault assign_real(const Key& key, double* target, double value) {
  if (!(value >= static_cast<double>(key.least)) || !(value <= static_cast<double>(key.most))) {
    return "must be between " + std::to_string(key.least) + " and " + std::to_string(key.most);
  }
  *target = value;
  return std::nullopt;
}

/// A value as a variable or a flag gives it.
Fault assign(const Key& key, Settings& settings, const std::string& text) {
  const Target target = key.target(settings);
  if (auto* const* place = std::get_if<std::string*>(&target)) {
    return assign_text(key, *place, text);
  }
  if (auto* const* place = std::get_if<std::vector<std::string>*>(&target)) {
    return assign_list(key, *place, split_list(text));
  }
  if (auto* const* place = std::get_if<bool*>(&target)) {
    if (text != "true" && text != "false") return "must be true or false";
    **place = text == "true";
    return std::nullopt;
  }
  if (auto* const* place = std::get_if<double*>(&target)) {
    const auto value = parse_number<double>(text);
    if (!value) return "must be a number";
    return assign_real(key, *place, *value);
  }
  const auto value = parse_number<std::int64_t>(text);
  if (!value) return "must be a whole number";
  return assign_number(key, target, *value);
}

Fault assign(const Key& key, Settings& settings, const toml::node& node) {
  const Target target = key.target(settings);
  if (auto* const* place = std::get_if<std::string*>(&target)) {
    if (!node.is_string()) return "must be a text in quotes";
    return assign_text(key, *place, node.as_string()->get());
  }
  if (auto* const* place = std::get_if<std::vector<std::string>*>(&target)) {
    if (!node.is_array()) return "must be a list of texts";
    std::vector<std::string> items;
    for (const auto& item : *node.as_array()) {
      if (!item.is_string()) return "must be a list of texts";
      items.push_back(item.as_string()->get());
    }
    return assign_list(key, *place, std::move(items));
  }
  if (auto* const* place = std::get_if<bool*>(&target)) {
    if (!node.is_boolean()) return "must be true or false";
    **place = node.as_boolean()->get();
    return std::nullopt;
  }
  if (auto* const* place = std::get_if<double*>(&target)) {
    const auto value = node.value<double>();
    if (!value || !node.is_number()) return "must be a number";
    return assign_real(key, *place, *value);
  }
  if (!node.is_integer()) return "must be a whole number";
  return assign_number(key, target, node.as_integer()->get());
}

void read_table(const toml::table& table, const std::string& prefix, const std::string& file,
                Loaded& out) {
  for (const auto& [name, node] : table) {
    const std::string full = prefix + std::string(name.str());
    const std::string where =
        file + ":" + std::to_string(node.source().begin.line) + ": " + full + ": ";
    const Key* key = find_key(full);
    if (key != nullptr) {
      if (const Fault fault = assign(*key, out.settings, node))
        out.faults.push_back(where + *fault);
    } else if (prefix.empty() && node.is_table() && std::ranges::any_of(keys(), [&](const Key& k) {
                 return k.name.starts_with(full + ".");
               })) {
      read_table(*node.as_table(), full + ".", file, out);
    } else {
      out.faults.push_back(where + "unknown key");
    }
  }
}

void read_file(const std::string& file, Loaded& out) {
  // toml++ reads a folder as an empty file.
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error) && !std::filesystem::is_fifo(file, error) &&
      !std::filesystem::is_character_file(file, error)) {
    out.faults.push_back(file + ": " + (error ? error.message() : "is not a file"));
    return;
  }
  try {
    read_table(toml::parse_file(file), "", file, out);
  } catch (const toml::parse_error& e) {
    const auto line = e.source().begin.line;
    out.faults.push_back(file + (line > 0 ? ":" + std::to_string(line) : std::string()) + ": " +
                         std::string(e.description()));
  }
}

std::string toml_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// As TOML writes it, and JSON.
std::string literal(const Key& key, Settings& settings, Secrets secrets) {
  const Target target = key.target(settings);
  return std::visit(
      [&]<class T>(T* value) -> std::string {
        if constexpr (std::is_same_v<T, std::string>) {
          const bool hide = key.secret && secrets == Secrets::masked && !value->empty();
          return toml_quoted(hide ? "********" : *value);
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          std::string items;
          for (const auto& item : *value) items += (items.empty() ? "" : ", ") + toml_quoted(item);
          return "[" + items + "]";
        } else if constexpr (std::is_same_v<T, bool>) {
          return *value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, double>) {
          char digits[32];
          const auto end = std::to_chars(std::begin(digits), std::end(digits), *value).ptr;
          return {digits, end};
        } else if constexpr (std::is_integral_v<T>) {
          return std::to_string(*value);
        } else {
          return std::to_string(value->count());
        }
      },
      target);
}

// Variables ---------------------------------------------------------------------------------------

constexpr std::string_view kVariables = "WARDBOOK_";

/// They are no settings: read elsewhere, or written by the demo for its visitors' shells.
constexpr std::array<std::string_view, 6> kOtherVariables{
    "WARDBOOK_CONFIG", "WARDBOOK_PASSWORD", "WARDBOOK_DEMO_PASSWORD",
    "WARDBOOK_BUCKET", "WARDBOOK_BIN",      "WARDBOOK_ICD"};

/// What Kubernetes tells every container of a service whose name begins with `wardbook`.
bool is_service_link(std::string_view name, std::string_view value) {
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != name.npos ||
         name.find("_PORT_") != name.npos || value.starts_with("tcp://") ||
         value.starts_with("udp://") || value.starts_with("sctp://");
}

/// How many letters have to be put in, taken out or exchanged.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

void check_variable(const std::string& name, const std::string& value, Loaded& out) {
  constexpr std::size_t kMisspelt = 3;
  const auto same = [&](const Key& key) { return variable_of(key) == name; };
  if (!name.starts_with(kVariables) || std::ranges::any_of(keys(), same)) return;
  if (std::ranges::find(kOtherVariables, name) != kOtherVariables.end()) return;
  if (name.starts_with("WARDBOOK_TEST_") || is_service_link(name, value)) return;
  std::string nearest;
  std::size_t least = name.size();
  bool in_section = false;
  const auto compare = [&](std::string known) {
    const std::size_t distance = edits(name, known);
    if (distance >= least) return;
    least = distance;
    nearest = std::move(known);
  };
  for (const Key& key : keys()) {
    const std::string known = variable_of(key);
    in_section =
        in_section || name.starts_with(known.substr(0, kVariables.size() + key.name.find('.') + 1));
    compare(known);
  }
  for (const auto known : kOtherVariables) compare(std::string(known));
  const std::size_t letters = nearest.size() - kVariables.size();
  if (in_section || least <= std::min(kMisspelt, letters / 3)) {
    out.faults.push_back(name + ": is not a setting; did you mean " + nearest + "?");
  } else {
    out.warnings.push_back(name + ": is not a setting, and is ignored");
  }
}

}  // namespace

Loaded load(const Sources& sources) {
  Loaded out;
  if (sources.file) read_file(*sources.file, out);
  for (const Key& key : keys()) {
    const std::string name = variable_of(key);
    const auto found = sources.variables.find(name);
    if (found == sources.variables.end()) continue;
    if (const Fault fault = assign(key, out.settings, found->second)) {
      out.faults.push_back(name + ": " + *fault);
    }
  }
  for (const auto& [name, value] : sources.variables) check_variable(name, value, out);
  for (const auto& [name, value] : sources.flags) {
    const Key* key = find_key(name);
    if (key == nullptr) {
      out.faults.push_back("--set " + name + ": unknown key");
    } else if (const Fault fault = assign(*key, out.settings, value)) {
      out.faults.push_back("--set " + name + ": " + *fault);
    }
  }
  return out;
}

std::vector<std::string> missing_for_serve(const Settings& settings) {
  std::vector<std::string> faults;
  const auto need = [&faults](const std::string& value, const char* name) {
    if (value.empty()) faults.push_back(std::string(name) + ": is required");
  };
  need(settings.server.host, "server.host");
  need(settings.database.url, "database.url");
  need(settings.storage.endpoint, "storage.endpoint");
  need(settings.storage.bucket, "storage.bucket");
  need(settings.storage.access_key, "storage.access_key");
  need(settings.storage.secret_key, "storage.secret_key");
  if (settings.auth.token_secret.size() < 32) {
    faults.emplace_back("auth.token_secret: must have at least 32 bytes");
  }
  if (settings.auth.session_ttl < settings.auth.access_ttl) {
    faults.emplace_back("auth.session_ttl_s: must not be less than auth.access_ttl_s");
  }
  return faults;
}

std::vector<std::pair<std::string, std::string>> to_rows(const Settings& settings,
                                                         Secrets secrets) {
  Settings copy = settings;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Key& key : keys()) {
    rows.emplace_back(key.name, literal(key, copy, secrets));
  }
  return rows;
}

std::string to_toml(const Settings& settings, Secrets secrets) {
  Settings copy = settings;
  std::string out;
  std::string_view section;
  for (const Key& key : keys()) {
    const auto dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      if (!out.empty()) out += '\n';
      out += '[' + std::string(section) + "]\n";
    }
    out += std::string(key.name.substr(dot + 1)) + " = " + literal(key, copy, secrets) + '\n';
  }
  return out;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return out;
}

}  // namespace wardbook::config

#include "app/validation.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "base/config.h"
#include "base/text.h"
#include "db/conninfo.h"
#include "net/clamd.h"
#include "s3/endpoint.h"

namespace wardbook::app {
namespace {

void check_endpoint(const std::string& url) {
  (void)s3::Endpoint::parse(url);
}

void check_conninfo(const std::string& conninfo) {
  db::PoolOptions options;
  options.conninfo = conninfo;
  (void)db::detail::session_params(options, false);
}

/// A name or an address; whether it is one of this machine's, only listening shows.
void check_host(const std::string& host) {
  const auto fits = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
  };
  if (!std::ranges::all_of(host, fits)) throw std::invalid_argument("is not a name or an address");
}

void check_log_target(const std::string& target) {
  if (target == "stdout" || target == "stderr") return;
  const std::filesystem::path path = std::filesystem::absolute(target);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw std::invalid_argument("is a folder: " + target);
  }
  if (!std::filesystem::is_directory(path.parent_path(), ignored)) {
    throw std::invalid_argument("there is no folder " + path.parent_path().string());
  }
}

void check_scanner(const std::string& address) {
  (void)net::ScannerAddress::parse(address);
}

}  // namespace

std::vector<std::string> faults_for_serve(const Settings& settings) {
  std::vector<std::string> faults = config::missing_for_serve(settings);
  const auto check = [&faults](const char* key, const std::string& value,
                               void (*fault_of)(const std::string&)) {
    if (value.empty()) return;
    try {
      fault_of(value);
    } catch (const std::exception& e) {
      faults.push_back(std::string(key) + ": " + e.what());
    }
  };
  check("server.host", settings.server.host, &check_host);
  check("database.url", settings.database.url, &check_conninfo);
  check("database.owner_url", settings.database.owner_url, &check_conninfo);
  check("storage.endpoint", settings.storage.endpoint, &check_endpoint);
  check("storage.public_endpoint", settings.storage.public_endpoint, &check_endpoint);
  check("attachments.scan", settings.attachments.scan, &check_scanner);
  check("log.target", settings.log.target, &check_log_target);
  return faults;
}

}  // namespace wardbook::app

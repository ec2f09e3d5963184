#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/settings.h"

namespace wardbook::demo {

/// Where something listens.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};
/// `HOST:PORT`, `[::1]:8080`; nullopt for anything else. Port 0 is any free one.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

struct Options {
  /// Empty: /var/lib/wardbook/demo for root, ./var/demo for everybody else.
  std::filesystem::path data_dir;
  Endpoint listen{"127.0.0.1", 8080};
  Endpoint object_store_listen{"127.0.0.1", 9000};
  bool adopt_objects = false;  ///< see objectd::Options::adopt
  /// What else is configured; the demo replaces what it brings itself: addresses, database, store,
  /// secrets.
  Settings settings;
};

/// The service: runs until it is told to stop by a signal, calls the function once it answers, with
/// the port it is bound to, and returns its exit code.
using Serve = std::function<int(const Settings&, const std::function<void(std::uint16_t)>&)>;

/// The whole demo: makes or starts what is in the folder, prints how to sign in, serves until a
/// signal, stops what it started. Returns the exit code; what keeps it from starting is one line on
/// stderr and 1. WARDBOOK_DEMO_PASSWORD, where set, is everybody's password from then on.
int run(const Options& options, const Serve& serve);

}  // namespace wardbook::demo

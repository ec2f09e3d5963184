#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "app/metrics.h"
#include "app/web_ui.h"
#include "features/app.h"

namespace wardbook::app {

/// What the service's own pages show; made once, shared by all reactors.
struct Service {
  Metrics metrics;
  std::string openapi_json;
  std::string index_html;  ///< of a program that was built without the web UI
  WebUi web;
  std::vector<std::string> control_names;  ///< the control schema's files that this program has
  /// Which peers are proxies, and what one address takes over all reactors.
  std::vector<AddressRange> trusted_proxies;
  std::shared_ptr<net::ConnectionBook> connections = std::make_shared<net::ConnectionBook>();
  std::unique_ptr<net::AddressRates> open_requests;
};

/// The App of this program. Handlers of features see its base only; those of app/ know that every
/// App is one of these.
struct ServiceApp : App {
  const Service& service;
  std::chrono::steady_clock::time_point ready_until = {};  ///< a good /readyz stands so long
};

/// A file that was built in, by its path in the repository. Throws std::logic_error without it.
[[nodiscard]] std::string_view built_in_file(std::string_view path);
/// YAML's core schema as JSON: the document is written with it. Throws std::runtime_error.
[[nodiscard]] std::string yaml_to_json(std::string_view yaml);
/// The page at /; in the demo with how to sign in.
[[nodiscard]] std::string index_page(const Settings& settings);

/// /healthz, /readyz, /metrics, /openapi.json, /docs and the page at /.
[[nodiscard]] std::vector<api::Route> service_routes();

/// Every route of the program, with full patterns.
[[nodiscard]] std::vector<api::Route> all_routes();

}  // namespace wardbook::app

#include "app/server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "app/database_command.h"
#include "app/node.h"
#include "app/validation.h"
#include "base/log.h"
#include "base/process_limits.h"
#include "features/accounts/hash_queue.h"
#include "migrate/migrate.h"

namespace wardbook::app {
namespace {

namespace asio = boost::asio;

/// The first line only: libpq's messages have several.
void complain_of(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  std::fprintf(stderr, "wardbook: %s\n", text.c_str());
}

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warning") return log::Level::warning;
  if (name == "error") return log::Level::error;
  return log::Level::info;
}

/// Every connection is an open file, and the database, the store and the log need some too; the
/// demo's own store serves its clients in the same process.
Settings within_open_files(Settings settings) {
  constexpr std::int64_t kOthers = 512;
  constexpr std::int64_t kLeast = 64;
  constexpr std::int64_t kNoLimit = 1'000'000'000;
  const auto files = static_cast<std::int64_t>(
      std::min<std::size_t>(raise_open_files(), static_cast<std::size_t>(kNoLimit)));
  const auto most = std::max(kLeast, (files - kOthers) / (settings.demo.enabled ? 2 : 1));
  if (settings.server.max_connections > most) {
    log::warning("fewer connections than configured: the limit on open files is too low",
                 {{"max_connections", most}, {"open_files", files}});
    settings.server.max_connections = most;
  }
  return settings;
}

/// The first node lets this thread's log lines wait, and is gone before the thread is.
struct Batching {
  Batching() = default;
  Batching(const Batching&) = delete;
  Batching& operator=(const Batching&) = delete;
  ~Batching() {
    log::hand_over();
    log::batch_on_this_thread(nullptr);
  }
};

/// Hashing passwords takes long: what else the workers do never waits for it.
unsigned hashing_threads(const Settings& settings) {
  const int places = accounts::hashes_at_once(settings.server);
  return static_cast<unsigned>(2 * places * settings.server.reactors);
}

/// The nodes and how they end. Signals arrive on the first one's reactor.
class Running {
 public:
  Running(const Settings& settings, Service& service)
      : workers_(std::max(2U, std::thread::hardware_concurrency()) + hashing_threads(settings)) {
    std::uint16_t port = settings.server.port;
    for (int i = 0; i < settings.server.reactors; ++i) {
      nodes_.push_back(std::make_unique<Node>(settings, service, workers_, i, port));
      port = nodes_.front()->port();
    }
  }
  ~Running() {
    workers_.stop();
    workers_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void run(const std::function<void(std::uint16_t)>& ready) {
    auto& first = nodes_.front()->reactor();
    asio::signal_set signals(first, SIGINT, SIGTERM);
    wait_for_signal(signals);
    for (auto& node : nodes_) node->start();
    asio::post(first, [this, &ready] { ready(nodes_.front()->port()); });
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      threads.emplace_back([node = nodes_[i].get()] { node->reactor().run(); });
    }
    const Batching batching;
    first.run();
    for (auto& thread : threads) thread.join();
  }

 private:
  void wait_for_signal(asio::signal_set& signals) {
    signals.async_wait([this, &signals](const boost::system::error_code& error, int) {
      if (error) return;
      if (std::exchange(ending_, true)) {
        log::warning("stopped immediately by a second signal");
        for (auto& node : nodes_) node->reactor().stop();
        return;
      }
      log::info("shutting down");
      for (auto& node : nodes_) {
        asio::co_spawn(node->reactor(), node->shut_down(),
                       [n = node.get()](std::exception_ptr) { n->reactor().stop(); });
      }
      wait_for_signal(signals);
    });
  }

  std::vector<std::unique_ptr<Node>> nodes_;
  // After the nodes, so before them at the end: what waits in it refers to their reactors.
  asio::thread_pool workers_;
  bool ending_ = false;
};

}  // namespace

int serve(const Settings& settings, const std::function<void(std::uint16_t port)>& ready) {
  if (const auto faults = faults_for_serve(settings); !faults.empty()) {
    for (const auto& fault : faults) complain_of(fault);
    return 1;
  }
  try {
    log::open(settings.log.target, level_of(settings.log.level));
    Service service;
    service.control_names = migrate::control_names();
    service.openapi_json = yaml_to_json(built_in_file("openapi/wardbook.yaml"));
    service.index_html = index_page(settings);
    service.web = WebUi(built_in_web(), settings);
    for (const auto& range : settings.server.trusted_proxies) {
      service.trusted_proxies.push_back(AddressRange::parse(range).value());
    }
    service.open_requests = std::make_unique<net::AddressRates>(
        static_cast<std::uint32_t>(settings.server.open_requests_per_minute));
    if (const auto fault = database_fault(settings, "wardbook serve")) {
      complain_of(*fault);
      return 1;
    }
    const Settings effective = within_open_files(settings);
    Running run(effective, service);
    run.run(ready);
    log::info("stopped");
    log::close();
    return 0;
  } catch (const std::exception& e) {
    complain_of(e.what());
    return 1;
  }
}

}  // namespace wardbook::app

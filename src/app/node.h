#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>

#include "api/router.h"
#include "app/metrics.h"
#include "app/service.h"
#include "features/accounts/accounts.h"
#include "features/audit/audit.h"
#include "features/tenants/tenants.h"
#include "jobs/jobs.h"
#include "net/server.h"
#include "s3/client.h"

namespace wardbook::app {

/// One reactor with all that serves requests on it: connections to PostgreSQL and to the store, its
/// own view of who may do what, its own listening socket. Nodes share settings, pages and workers.
class Node {
 public:
  /// Binds the port. Throws std::runtime_error with one clear line.
  Node(const Settings& settings, Service& service, boost::asio::thread_pool& workers, int number,
       std::uint16_t port);

  void start();
  /// Ends in order; `reactor` runs dry or is stopped at the end.
  [[nodiscard]] Task<> shut_down();

  [[nodiscard]] boost::asio::io_context& reactor() { return reactor_; }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  [[nodiscard]] api::Hooks hooks();
  Task<> watch();
  /// One reactor of a process does, whatever their number.
  [[nodiscard]] bool runs_jobs() const { return number_ == 0 && settings_.jobs.enabled; }
  void batch_log_lines();

  boost::asio::io_context reactor_{1};
  const Settings& settings_;
  int number_;
  SystemClock clock_;
  db::Pool db_;
  audit::Log audit_;
  accounts::Authority authority_;
  accounts::Tokens tokens_;
  tenants::Provisioner provisioner_;
  s3::Store objects_;
  ServiceApp app_;
  ReactorMetrics metrics_;
  api::Router router_;
  net::Server server_;
  jobs::Runner runner_;
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer log_timer_;
  bool stopping_ = false;
};

}  // namespace wardbook::app

#include "app/node.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "api/idempotency.h"
#include "api/paging.h"
#include "app/jobs.h"
#include "app/store_options.h"
#include "base/log.h"

namespace wardbook::app {
namespace {

constexpr std::chrono::seconds kWatch{1};
constexpr std::chrono::milliseconds kLogLines{50};

db::PoolOptions pool_options(const Settings::Database& database) {
  db::PoolOptions options;
  options.conninfo = database.url;
  options.connections = static_cast<std::size_t>(database.connections);
  options.tenant_connections = static_cast<std::size_t>(database.tenant_connections);
  options.control_connections = static_cast<std::size_t>(database.control_connections);
  options.batch_connections = static_cast<std::size_t>(database.audit_connections);
  options.lanes = static_cast<std::size_t>(database.lanes);
  options.statement_timeout = database.statement_timeout;
  options.acquire_timeout = database.acquire_timeout;
  return options;
}

net::ServerOptions server_options(const Settings::Server& server, const Service& service,
                                  std::uint16_t port) {
  net::ServerOptions options;
  options.host = server.host;
  options.port = port;
  options.reuse_port = server.reactors > 1;
  options.limits.connections =
      static_cast<std::size_t>(std::max<std::int64_t>(server.max_connections / server.reactors, 1));
  options.limits.connections_per_address =
      static_cast<std::size_t>(server.max_connections_per_address);
  options.limits.grace = server.slow_client_grace;
  options.limits.bytes_per_second = static_cast<std::uint64_t>(server.min_bytes_per_second);
  options.trusted_proxies = service.trusted_proxies;
  options.book = service.connections;
  options.render_failure = [](const Failure& failure, const std::string& id) {
    return api::problem(failure, id);
  };
  return options;
}

Task<> note_refusal(ServiceApp& app, api::Request request, const api::Subject& subject,
                    std::string permission) {
  try {
    co_await audit::write_refusal(app.audit, app.db, std::move(request), subject,
                                  std::move(permission));
  } catch (const std::exception& e) {
    log::error("a refusal could not be written to the audit log", {{"detail", e.what()}});
  }
}

int seconds_to_wait(const Service& service, const net::RequestHead& head, std::string_view pattern,
                    std::optional<SessionId> session) {
  const auto now = std::chrono::steady_clock::now();
  if (session) {
    const std::string whose = "session " + std::to_string(session->value);
    return service.open_requests->take(whose, pattern, now);
  }
  const auto address = Address::parse(head.remote_ip);
  if (!address || contains(service.trusted_proxies, *address)) return 0;
  return service.open_requests->take(address->source(), pattern, now);
}

jobs::Options job_options(const Settings::Jobs& settings) {
  jobs::Options options;
  options.lease = settings.lease;
  return options;
}

}  // namespace

Node::Node(const Settings& settings, Service& service, boost::asio::thread_pool& workers,
           int number, std::uint16_t port)
    : settings_(settings),
      number_(number),
      db_(reactor_, pool_options(settings.database)),
      audit_(reactor_, db_),
      authority_(reactor_, db_, clock_, settings.auth.access_ttl),
      tokens_(settings.auth.token_secret, settings.auth.access_ttl, clock_),
      provisioner_(workers, settings.database),
      objects_(reactor_, store_options(settings.storage), clock_),
      app_{{reactor_, workers, settings, clock_, db_, audit_, authority_, tokens_, provisioner_,
            objects_},
           service},
      metrics_(service.metrics, number),
      router_(app_, all_routes(), hooks()),
      server_(reactor_, server_options(settings.server, service, port),
              [this](net::Exchange& exchange) { return router_.handle(exchange); }),
      runner_(reactor_, db_, job_options(settings.jobs)),
      watch_timer_(reactor_),
      log_timer_(reactor_) {
  add_jobs(runner_, app_, metrics_);
}

api::Hooks Node::hooks() {
  api::Hooks hooks;
  hooks.retry_secret = api::retry_secret(settings_.auth.token_secret);
  hooks.cursor_secret = api::cursor_secret(settings_.auth.token_secret);
  hooks.authenticate = [this](std::string bearer) {
    return accounts::authenticate(app_, std::move(bearer));
  };
  hooks.admit = [this](const net::RequestHead& head, std::string_view pattern,
                       std::optional<SessionId> session) {
    return seconds_to_wait(app_.service, head, pattern, session);
  };
  hooks.refused = [this](api::Request request, const api::Subject& subject,
                         std::string_view permission) {
    return note_refusal(app_, std::move(request), subject, std::string(permission));
  };
  hooks.looked = [this](api::Request request, api::Unlogged what) {
    return audit::write_look(app_.audit, app_.db, std::move(request), std::move(what));
  };
  hooks.page = [this](const net::RequestHead& head) { return app_.service.web.answer(head); };
  hooks.observe = [this](std::string_view method, std::string_view pattern, int status,
                         double seconds) { metrics_.observe(method, pattern, status, seconds); };
  return hooks;
}

void Node::start() {
  namespace asio = boost::asio;
  asio::co_spawn(reactor_, authority_.run(), asio::detached);
  asio::co_spawn(reactor_, audit::run_hints(reactor_, db_, audit_), asio::detached);
  asio::co_spawn(reactor_, watch(), asio::detached);
  if (runs_jobs()) asio::co_spawn(reactor_, runner_.run(), asio::detached);
  // On the reactor's own thread, which may not be this one.
  asio::post(reactor_, [this] { batch_log_lines(); });
  server_.start();
}

void Node::batch_log_lines() {
  log::batch_on_this_thread([this] {
    log_timer_.expires_after(kLogLines);
    log_timer_.async_wait([](const boost::system::error_code&) { log::hand_over(); });
  });
}

Task<> Node::shut_down() {
  runner_.ask_to_stop();  // another node takes over while this one drains
  co_await server_.drain(settings_.server.drain_timeout);
  server_.abort();
  stopping_ = true;
  watch_timer_.cancel();
  co_await runner_.stop();
  authority_.stop();
  db_.close();
}

Task<> Node::watch() {
  while (!stopping_) {
    metrics_.set_pool(db_.stats());
    metrics_.set_http(server_.open_connections(), server_.requests_in_flight());
    metrics_.set_refused(server_.made_room(), server_.turned_away());
    metrics_.set_audit(audit_.waiting(), audit_.apart());
    metrics_.set_store(objects_.waiting());
    if (runs_jobs()) metrics_.set_jobs(runner_.reports());
    watch_timer_.expires_after(kWatch);
    boost::system::error_code ignored;
    co_await watch_timer_.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
}

}  // namespace wardbook::app

#include "app/node.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "api/idempotency.h"
#include "api/paging.h"
#include "app/store_options.h"
#include "base/log.h"
#include "features/attachments/attachments.h"
#include "features/records/records_reindex.h"

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

Task<> note_refusal(ServiceApp& app, api::Request request, std::string permission) {
  try {
    co_await audit::write_refusal(app.audit, app.db, std::move(request), std::move(permission));
  } catch (const std::exception& e) {
    log::error("a refusal was not written down", {{"detail", e.what()}});
  }
}

bool is_away(const Failure& failure) {
  return failure.code() == Code::database_unavailable || failure.code() == Code::store_unavailable;
}

/// Runs it, and logs what one tenant's failure says: the others are not to wait for its locks. Only
/// where the store or the database is away, which is so for all of them, it throws.
Task<> for_one(Task<> sweep, const TenantId& tenant, std::string_view what) {
  std::string detail;
  std::string cause;
  try {
    co_await std::move(sweep);
    co_return;
  } catch (const Failure& e) {
    if (is_away(e)) throw;
    detail = e.message();
    cause = e.log_detail();
  } catch (const std::exception& e) {
    detail = e.what();
  }
  log::warning(what, {{"tenant", tenant.str()}, {"detail", detail}, {"cause", cause}});
}

Task<> sweep_keys_of(db::Pool& db, TenantId tenant) {
  co_await api::sweep_idempotency_keys(db, std::move(tenant));
}

Task<> sweep_files_of(db::Pool& db, s3::Store& store, TenantId tenant,
                      const Settings::Attachments& settings) {
  const auto swept = co_await attachments::sweep(db, store, tenant, settings, settings.sweep_grace);
  if (swept.abandoned + swept.purged + swept.orphans == 0) co_return;
  log::info("files were swept", {{"tenant", tenant.str()},
                                 {"abandoned", swept.abandoned},
                                 {"purged", swept.purged},
                                 {"orphans", swept.orphans}});
}

constexpr std::string_view kKeysLeft = "old idempotency keys were not removed";
constexpr std::string_view kFilesLeft = "files were not swept";

Task<> sweep_keys(db::Pool& db) {
  const auto all = co_await tenants::list(db);
  for (const auto& tenant : all) {
    const auto id = TenantId::parse(tenant.id);
    if (id) co_await for_one(sweep_keys_of(db, *id), *id, kKeysLeft);
  }
}

constexpr std::string_view kTriesLeft = "tries at signing in were not written down";

Task<> write_down_tries(db::Pool& db, Time now) {
  co_await accounts::write_down_refused(db, std::nullopt, now);
  const auto all = co_await tenants::list(db);
  for (const auto& tenant : all) {
    const auto id = TenantId::parse(tenant.id);
    if (id) co_await for_one(accounts::write_down_refused(db, *id, now), *id, kTriesLeft);
  }
}

int seconds_to_wait(const Service& service, const net::RequestHead& head,
                    std::string_view pattern) {
  const auto address = Address::parse(head.remote_ip);
  if (!address || contains(service.trusted_proxies, *address)) return 0;
  return service.open_requests->take(address->source(), pattern, std::chrono::steady_clock::now());
}

Task<> sweep_files(db::Pool& db, s3::Store& store, const Settings::Attachments& settings) {
  const auto all = co_await tenants::list(db);
  for (const auto& tenant : all) {
    const auto id = TenantId::parse(tenant.id);
    if (id) co_await for_one(sweep_files_of(db, store, *id, settings), *id, kFilesLeft);
  }
}

/// A page at a time, of one hospital after the other.
Task<> rewrite_documents(ServiceApp& app, ReactorMetrics& metrics) {
  const auto all = co_await tenants::list(app.db);
  std::vector<TenantId> outdated;
  std::int64_t count = 0;
  for (const auto& tenant : all) {
    const auto id = TenantId::parse(tenant.id);
    if (!id) continue;
    const auto own = co_await records::count_outdated(app.db, *id);
    if (own > 0) outdated.push_back(*id);
    count += own;
  }
  metrics.set_outdated_documents(count);
  if (count == 0) co_return;
  log::info("search documents of older formats are being rewritten", {{"records", count}});
  for (const auto& id : outdated) {
    const auto done = co_await records::reindex(
        app, id, [&metrics](std::int64_t page) { metrics.add_rewritten_documents(page); });
    log::info("search documents were brought to the current format",
              {{"tenant", id.str()}, {"rewritten", done.rewritten}, {"failed", done.failed}});
  }
}

Task<> try_sweep(Task<> sweep, std::string_view what) {
  try {
    co_await std::move(sweep);
  } catch (const Failure& e) {
    log::warning(what, {{"detail", e.message()}, {"cause", e.log_detail()}});
  } catch (const std::exception& e) {
    log::warning(what, {{"detail", e.what()}});
  }
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
      watch_timer_(reactor_),
      sweep_timer_(reactor_),
      log_timer_(reactor_) {}

api::Hooks Node::hooks() {
  api::Hooks hooks;
  hooks.retry_secret = api::retry_secret(settings_.auth.token_secret);
  hooks.cursor_secret = api::cursor_secret(settings_.auth.token_secret);
  hooks.authenticate = [this](std::string bearer) {
    return accounts::authenticate(app_, std::move(bearer));
  };
  hooks.admit = [this](const net::RequestHead& head, std::string_view pattern) {
    return seconds_to_wait(app_.service, head, pattern);
  };
  hooks.refused = [this](const api::Caller&, api::Request request, std::string_view permission) {
    return note_refusal(app_, std::move(request), std::string(permission));
  };
  hooks.looked = [this](api::Request request, api::Unlogged what) {
    return audit::write_look(app_.audit, app_.db, std::move(request), std::move(what));
  };
  hooks.observe = [this](std::string_view method, std::string_view pattern, int status,
                         double seconds) { metrics_.observe(method, pattern, status, seconds); };
  return hooks;
}

void Node::start() {
  namespace asio = boost::asio;
  asio::co_spawn(reactor_, authority_.run(), asio::detached);
  asio::co_spawn(reactor_, audit::run_sealer(reactor_, db_, audit_), asio::detached);
  asio::co_spawn(reactor_, watch(), asio::detached);
  if (number_ == 0) asio::co_spawn(reactor_, sweep(), asio::detached);
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
  co_await server_.drain(settings_.server.drain_timeout);
  server_.abort();
  stopping_ = true;
  watch_timer_.cancel();
  sweep_timer_.cancel();
  authority_.stop();
  db_.close();
}

Task<> Node::watch() {
  while (!stopping_) {
    metrics_.set_pool(db_.stats());
    metrics_.set_http(server_.open_connections(), server_.requests_in_flight());
    metrics_.set_refused(server_.made_room(), server_.turned_away());
    metrics_.set_audit(audit_.waiting(), audit_.apart());
    watch_timer_.expires_after(kWatch);
    boost::system::error_code ignored;
    co_await watch_timer_.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
}

Task<> Node::sweep() {
  while (!stopping_) {
    co_await try_sweep(rewrite_documents(app_, metrics_),
                       "search documents were not brought to the current format");
    sweep_timer_.expires_after(settings_.attachments.sweep_every);
    boost::system::error_code ignored;
    co_await sweep_timer_.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    if (stopping_) co_return;
    co_await try_sweep(accounts::forget_old(db_, settings_.auth.access_ttl),
                       "old revocations and sessions were not removed");
    co_await try_sweep(write_down_tries(db_, clock_.now()), kTriesLeft);
    co_await try_sweep(sweep_keys(db_), kKeysLeft);
    co_await try_sweep(sweep_files(db_, objects_, settings_.attachments), kFilesLeft);
  }
}

}  // namespace wardbook::app

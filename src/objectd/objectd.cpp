#include "objectd/objectd.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <system_error>

#include "net/server.h"
#include "objectd/service.h"

namespace wardbook::objectd {

/// Shared with the server's connections: whatever is left of a request when the reactor goes finds
/// the store still there.
struct ObjectStore::Impl : std::enable_shared_from_this<ObjectStore::Impl> {
  Impl(boost::asio::io_context& reactor, Options given, const Clock& clock);

  static Options checked(Options options);
  void listen();

  /// The waiting for the next time that buckets' rules are obeyed.
  struct Lifecycle {
    explicit Lifecycle(boost::asio::io_context& reactor) : timer(reactor) {}
    boost::asio::steady_timer timer;
    bool ending = false;
    void end();
  };
  [[nodiscard]] static Task<> keep_lifecycle(std::weak_ptr<Impl> store,
                                             std::shared_ptr<Lifecycle> life,
                                             std::chrono::milliseconds every);

  Options options;
  boost::asio::thread_pool pool;
  Store store;
  Authenticator auth;
  Slots transfers;
  Slots copies;
  Service service;
  std::shared_ptr<Lifecycle> lifecycle;
  std::optional<net::Server> server;
};

Options ObjectStore::Impl::checked(Options options) {
  if (options.access_key.empty() || options.secret_key.empty()) {
    throw std::runtime_error("object store: access key and secret key must not be empty");
  }
  return options;
}

ObjectStore::Impl::Impl(boost::asio::io_context& reactor, Options given, const Clock& clock)
    : options(checked(std::move(given))),
      pool(options.threads),
      store(options.root, clock, options.adopt),
      auth(options.access_key, options.secret_key, options.region, clock),
      transfers(reactor, options.transfers),
      copies(reactor, 2 * options.threads),
      service{reactor, options, store, auth, pool, transfers, copies, clock},
      lifecycle(std::make_shared<Lifecycle>(reactor)) {
  store.set_reaper([this](const std::filesystem::path& path) {
    if (service.closing) return;  // it is cleared away at the next start
    boost::asio::post(pool, [path] {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    });
  });
  for (const auto& bucket : options.buckets) (void)store.create_bucket(bucket);
}

void ObjectStore::Impl::listen() {
  net::ServerOptions server_options;
  server_options.host = options.host;
  server_options.port = options.port;
  server_options.limits = options.limits;
  server_options.limits.header_bytes = 32 * 1024;
  server_options.trusted_proxies = options.trusted_proxies;
  server_options.render_failure = render_refusal;
  net::Handler handler = [self = shared_from_this()](net::Exchange& exchange) {
    return serve(self->service, exchange);
  };
  server.emplace(service.reactor, std::move(server_options), std::move(handler));
}

/// Keeps the reactor busy until it is ended, but not the store: that may go while this waits.
Task<> ObjectStore::Impl::keep_lifecycle(std::weak_ptr<Impl> store, std::shared_ptr<Lifecycle> life,
                                         std::chrono::milliseconds every) {
  while (!life->ending) {
    life->timer.expires_after(every);
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await life->timer.async_wait(token);
    const auto self = store.lock();
    if (life->ending || self == nullptr) co_return;
    auto job = [self] {
      self->store.apply_lifecycle();
      return true;
    };
    (void)co_await run_on(self->pool, std::move(job));
  }
}

void ObjectStore::Impl::Lifecycle::end() {
  ending = true;
  timer.cancel();
}

ObjectStore::ObjectStore(boost::asio::io_context& reactor, Options options, const Clock& clock) {
  try {
    impl_ = std::make_shared<Impl>(reactor, std::move(options), clock);
    impl_->listen();
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("object store: ") + error.what());
  }
}

ObjectStore::~ObjectStore() {
  impl_->lifecycle->end();
  impl_->server.reset();
  impl_->pool.join();
  impl_->service.closing = true;
}

void ObjectStore::start() {
  impl_->server->start();
  auto work = Impl::keep_lifecycle(impl_, impl_->lifecycle, impl_->options.lifecycle_every);
  boost::asio::co_spawn(impl_->service.reactor, std::move(work), boost::asio::detached);
}
Task<> ObjectStore::drain(std::chrono::milliseconds timeout) {
  impl_->lifecycle->end();
  return impl_->server->drain(timeout);
}
void ObjectStore::abort() {
  impl_->lifecycle->end();
  impl_->server->abort();
}
std::uint16_t ObjectStore::port() const {
  return impl_->server->port();
}
std::size_t ObjectStore::requests_in_flight() const {
  return impl_->server->requests_in_flight();
}

}  // namespace wardbook::objectd

#include "objectd/objectd.h"

#include <boost/asio/thread_pool.hpp>
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

  Options options;
  boost::asio::thread_pool pool;
  Store store;
  Authenticator auth;
  Slots transfers;
  Slots copies;
  Service service;
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
      service{reactor, options, store, auth, pool, transfers, copies, clock} {
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

ObjectStore::ObjectStore(boost::asio::io_context& reactor, Options options, const Clock& clock) {
  try {
    impl_ = std::make_shared<Impl>(reactor, std::move(options), clock);
    impl_->listen();
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("object store: ") + error.what());
  }
}

ObjectStore::~ObjectStore() {
  impl_->server.reset();
  impl_->pool.join();
  impl_->service.closing = true;
}

void ObjectStore::start() {
  impl_->server->start();
}
Task<> ObjectStore::drain(std::chrono::milliseconds timeout) {
  return impl_->server->drain(timeout);
}
void ObjectStore::abort() {
  impl_->server->abort();
}
std::uint16_t ObjectStore::port() const {
  return impl_->server->port();
}
std::size_t ObjectStore::requests_in_flight() const {
  return impl_->server->requests_in_flight();
}

}  // namespace wardbook::objectd

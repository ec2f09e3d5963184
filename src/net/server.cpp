#include "net/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/hash.h"
#include "net/connection.h"
#include "net/server_core.h"

namespace wardbook::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlowestTick{250};
constexpr milliseconds kFastestTick{5};
/// After accept() failed, mostly for want of file descriptors.
constexpr milliseconds kAcceptPause{50};

std::string spell(boost::system::error_code ec) {
  auto text = ec.message();
  if (!text.empty()) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

tcp::endpoint resolve(boost::asio::io_context& reactor, const std::string& host, std::uint16_t port,
                      boost::system::error_code& ec) {
  if (const auto address = boost::asio::ip::make_address(host, ec); !ec) return {address, port};
  tcp::resolver resolver(reactor);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, ec);
  if (ec || found.empty()) return {};
  return found.begin()->endpoint();
}

void bind_and_listen(ServerCore& core) {
  const auto& options = core.options;
  boost::system::error_code ec;
  const auto endpoint = resolve(core.reactor, options.host, options.port, ec);
  auto& acceptor = core.acceptor;
  if (!ec) acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && options.reuse_port) {
    const int on = 1;
    if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      ec.assign(errno, boost::system::system_category());
    }
  }
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (!ec) acceptor.non_blocking(true, ec);
  if (ec) {
    throw std::runtime_error(options.host + ":" + std::to_string(options.port) + ": " + spell(ec));
  }
}

void adopt(const std::shared_ptr<ServerCore>& core, Socket socket) {
  auto connection = std::make_unique<Connection>(core, std::move(socket));
  boost::asio::co_spawn(core->reactor, Connection::run(std::move(connection)),
                        boost::asio::detached);
}

bool full(const ServerCore& core) {
  return core.connections.size() >= core.options.limits.connections;
}

Task<> accept_loop(std::shared_ptr<ServerCore> core) {
  while (core->acceptor.is_open()) {
    if (full(*core)) {
      core->slot.expires_at(steady_clock::time_point::max());
      co_await core->slot.async_wait(kAwait);
      continue;
    }
    auto [ec, socket] = co_await core->acceptor.async_accept(kAwait);
    if (!ec) {
      adopt(core, std::move(socket));
    } else if (core->acceptor.is_open() && ec != boost::asio::error::connection_aborted) {
      core->slot.expires_after(kAcceptPause);
      co_await core->slot.async_wait(kAwait);
    }
  }
}

Task<> tick_loop(std::shared_ptr<ServerCore> core) {
  const auto interval = core->tick_interval();
  while (!core->stopped && (core->acceptor.is_open() || !core->connections.empty())) {
    core->tick.expires_after(interval);
    co_await core->tick.async_wait(kAwait);
    const auto now = steady_clock::now();
    for (auto* connection : core->connections) connection->on_tick(now);
  }
}

void stop_accepting(ServerCore& core) {
  boost::system::error_code ignored;
  core.acceptor.close(ignored);
  core.slot.cancel();
}

void abort_all(ServerCore& core) {
  core.draining = true;
  core.stopped = true;
  stop_accepting(core);
  core.tick.cancel();
  for (auto* connection : core.connections) connection->close();
}

/// Who connected before the listening socket closes is served, not reset.
void accept_the_rest(const std::shared_ptr<ServerCore>& core) {
  while (core->acceptor.is_open() && !full(*core)) {
    boost::system::error_code ec;
    Socket socket(core->reactor.get_executor());
    core->acceptor.accept(socket, ec);
    if (ec) break;
    adopt(core, std::move(socket));
  }
}

Task<> drain_core(std::shared_ptr<ServerCore> core, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  core->draining = true;
  accept_the_rest(core);
  stop_accepting(*core);
  const auto now = steady_clock::now();
  for (auto* connection : core->connections) connection->on_drain(now);
  while (!core->connections.empty() && steady_clock::now() < deadline) {
    core->drained.expires_at(deadline);
    co_await core->drained.async_wait(kAwait);
  }
  if (core->connections.empty()) core->tick.cancel();
}

}  // namespace

ServerCore::ServerCore(boost::asio::io_context& io, ServerOptions given, Handler handle)
    : reactor(io),
      options(std::move(given)),
      handler(std::move(handle)),
      acceptor(io.get_executor()),
      tick(io.get_executor()),
      slot(io.get_executor()),
      drained(io.get_executor()),
      id_prefix_(to_hex(random_bytes(4)) + "-") {}

void ServerCore::add(Connection& connection) {
  connection.registry_index = connections.size();
  connections.push_back(&connection);
}

void ServerCore::remove(Connection& connection) {
  const auto index = connection.registry_index;
  connections[index] = connections.back();
  connections[index]->registry_index = index;
  connections.pop_back();
  if (draining) {
    if (connections.empty()) drained.cancel();
  } else if (connections.size() + 1 == options.limits.connections) {
    slot.cancel();
  }
}

std::string ServerCore::make_id() {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ++next_id_, 16).ptr;
  std::string id;
  id.reserve(id_prefix_.size() + 16);
  id += id_prefix_;
  id.append(digits.data(), end);
  return id;
}

Response ServerCore::render(const Failure& failure, const std::string& id) const {
  if (options.render_failure) {
    try {
      return options.render_failure(failure, id);
    } catch (const std::exception&) {
      return {500, {}, {}};
    }
  }
  const auto& info = describe(failure.code());
  Response response;
  response.status = info.status;
  response.headers.add("Content-Type", "text/plain");
  response.body = failure.message() + "\n";
  return response;
}

milliseconds ServerCore::tick_interval() const {
  const auto& limits = options.limits;
  const auto shortest = std::min({limits.header_timeout, limits.idle_timeout, limits.io_timeout,
                                  limits.body_timeout, limits.discard_timeout});
  return std::clamp(shortest / 8, kFastestTick, kSlowestTick);
}

struct Server::Impl {
  std::shared_ptr<ServerCore> core;
  std::uint16_t port = 0;
};

Server::Server(boost::asio::io_context& reactor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>()) {
  impl_->core = std::make_shared<ServerCore>(reactor, std::move(options), std::move(handler));
  bind_and_listen(*impl_->core);
  impl_->port = impl_->core->acceptor.local_endpoint().port();
}

Server::~Server() {
  abort();
}

void Server::start() {
  boost::asio::co_spawn(impl_->core->reactor, accept_loop(impl_->core), boost::asio::detached);
  boost::asio::co_spawn(impl_->core->reactor, tick_loop(impl_->core), boost::asio::detached);
}

Task<> Server::drain(milliseconds timeout) {
  return drain_core(impl_->core, timeout);
}

void Server::abort() {
  abort_all(*impl_->core);
}

std::uint16_t Server::port() const {
  return impl_->port;
}
std::size_t Server::open_connections() const {
  return impl_->core->connections.size();
}
std::size_t Server::requests_in_flight() const {
  return impl_->core->in_flight;
}

}  // namespace wardbook::net

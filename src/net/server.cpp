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
#include "base/log.h"
#include "base/text.h"
#include "net/connection.h"
#include "net/server_core.h"

namespace wardbook::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// After accept() failed, mostly for want of file descriptors.
constexpr milliseconds kAcceptPause{50};
constexpr milliseconds kBetweenComplaints{60'000};

std::string spell(boost::system::error_code ec) {
  auto text = ec.message();
  if (!text.empty()) text[0] = lower_case(text[0]);
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

bool too_many(const ServerCore& core) {
  return core.connections.size() > core.options.limits.connections;
}

/// nullptr: the peer has gone, or has too many connections.
std::unique_ptr<Connection> adopt(const std::shared_ptr<ServerCore>& core, Socket socket) {
  boost::system::error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return nullptr;
  const Address peer = to_address(endpoint.address());
  const bool trusted = contains(core->options.trusted_proxies, peer);
  const bool counted = !trusted && core->options.limits.connections_per_address > 0;
  if (counted && !core->admit(peer.source())) return nullptr;
  return std::make_unique<Connection>(core, std::move(socket), peer, trusted, counted);
}

void serve(const std::shared_ptr<ServerCore>& core, std::unique_ptr<Connection> connection) {
  boost::asio::co_spawn(core->reactor, Connection::run(std::move(connection)),
                        boost::asio::detached);
}

/// Until the newest connection is not one too many.
Task<> wait_for_place(std::shared_ptr<ServerCore> core) {
  bool one_goes = false;
  while (too_many(*core) && core->acceptor.is_open()) {
    one_goes = one_goes || core->make_room(nullptr) != nullptr;
    core->accept_waits = true;
    core->slot.expires_at(steady_clock::time_point::max());
    co_await core->slot.async_wait(kAwait);
    core->accept_waits = false;
  }
}

Task<> accept_loop(std::shared_ptr<ServerCore> core) {
  while (core->acceptor.is_open()) {
    auto [ec, socket] = co_await core->acceptor.async_accept(kAwait);
    if (!ec) {
      auto connection = adopt(core, std::move(socket));
      if (!connection) continue;
      if (too_many(*core)) co_await wait_for_place(core);
      serve(core, std::move(connection));
    } else if (core->acceptor.is_open() && ec != boost::asio::error::connection_aborted) {
      // Without a file descriptor left, only a connection that goes makes room for another one.
      if (ec == boost::asio::error::no_descriptors) (void)core->make_room(nullptr);
      core->slot.expires_after(kAcceptPause);
      co_await core->slot.async_wait(kAwait);
    }
  }
}

Task<> tick_server(std::shared_ptr<ServerCore> core) {
  const auto interval = core->tick_interval();
  while (!core->stopped && (core->acceptor.is_open() || !core->connections.empty())) {
    core->tick.expires_after(interval);
    co_await core->tick.async_wait(kAwait);
    const auto now = steady_clock::now();
    for (auto* connection : core->connections) connection->on_tick(now);
    if (core->accept_waits) core->slot.cancel();  // somebody may be slow enough by now
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
  while (core->acceptor.is_open() && !too_many(*core)) {
    boost::system::error_code ec;
    Socket socket(core->reactor.get_executor());
    core->acceptor.accept(socket, ec);
    if (ec) break;
    if (auto connection = adopt(core, std::move(socket))) serve(core, std::move(connection));
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
      id_prefix_(to_hex(random_bytes(4)) + "-") {
  if (!options.book) options.book = std::make_shared<ConnectionBook>();
}

void ServerCore::add(Connection& connection) {
  connection.registry_index = connections.size();
  connections.push_back(&connection);
}

void ServerCore::remove(Connection& connection) {
  const auto index = connection.registry_index;
  connections[index] = connections.back();
  connections[index]->registry_index = index;
  connections.pop_back();
  if (draining && connections.empty()) drained.cancel();
  if (accept_waits) slot.cancel();
}

Connection* ServerCore::make_room(const Address* of_source) {
  const auto fits = [of_source](const Connection& connection) {
    return of_source == nullptr || (connection.is_counted() && connection.source() == *of_source);
  };
  Connection* found = nullptr;
  for (auto* list : {&idle, &heads}) {
    for (auto& place : *list) {
      if (!fits(place.connection) || !place.connection.is_quiet()) continue;
      found = &place.connection;
      break;
    }
    if (found != nullptr) break;
  }
  if (found != nullptr) {
    found->leave_waiting();
    found->close();
  } else {
    const auto now = steady_clock::now();
    const auto slow = std::ranges::find_if(connections, [&](Connection* connection) {
      return fits(*connection) && connection->is_slow(now);
    });
    if (slow == connections.end()) return nullptr;
    found = *slow;
    found->cut();
  }
  ++made_room;
  return found;
}

bool ServerCore::admit(const Address& source) {
  if (options.book->enter(source, options.limits.connections_per_address)) return true;
  if (auto* gone = make_room(&source)) {
    gone->hand_over_place();
    return true;
  }
  ++turned_away;
  const auto now = steady_clock::now();
  if (now - complained_ > kBetweenComplaints) {
    complained_ = now;
    log::warning("an address has too many connections: further ones are refused",
                 {{"address", source.str()}, {"turned_away", turned_away}});
  }
  return false;
}

void ServerCore::wait_in(WaitingList& list, WaitingPlace& place) {
  place.unlink();
  list.push_back(place);
  if (accept_waits) slot.cancel();
}

void ServerCore::hold(Connection& connection, std::size_t bytes) {
  connection.unread = {bytes, steady_clock::now()};
  unread += bytes;
  while (unread > options.limits.unread_bytes) {
    Connection* longest = nullptr;
    for (auto* other : connections) {
      if (other->unread.bytes == 0) continue;
      if (longest == nullptr || other->unread.since < longest->unread.since) longest = other;
    }
    if (longest == nullptr) return;
    release(*longest);
    longest->cut();
  }
}

void ServerCore::release(Connection& connection) {
  unread -= connection.unread.bytes;
  connection.unread.bytes = 0;
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
  const auto shortest =
      std::min({limits.header_timeout, limits.idle_timeout, limits.io_timeout, limits.grace,
                limits.body_timeout, limits.stall, limits.discard_timeout});
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
  boost::asio::co_spawn(impl_->core->reactor, tick_server(impl_->core), boost::asio::detached);
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
std::uint64_t Server::made_room() const {
  return impl_->core->made_room;
}
std::uint64_t Server::turned_away() const {
  return impl_->core->turned_away;
}

}  // namespace wardbook::net

#include "net/client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "net/client_connection.h"

namespace wardbook::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = TransportError::Kind;

/// One of the pool's places; gives it back when it goes.
class Place {
 public:
  Place(std::shared_ptr<ClientCore> core, std::string owner)
      : core_(std::move(core)), owner_(std::move(owner)) {}
  Place(Place&& other) noexcept = default;
  Place& operator=(Place&&) = delete;
  ~Place() { give_back(); }
  void give_back() {
    if (core_) std::exchange(core_, nullptr)->release(owner_);
  }
  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }

 private:
  std::shared_ptr<ClientCore> core_;
  std::string owner_;
};

std::string authority_of(const ClientOptions& options) {
  auto authority =
      options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
  if (options.port != (options.tls ? 443 : 80)) authority += ":" + std::to_string(options.port);
  return authority;
}

/// Runs while there are connections: looks after their deadlines, throws out what is idle too long.
Task<> tick_client(std::shared_ptr<ClientCore> core) {
  const auto interval = core->tick_interval();
  while (!core->stopped && !core->connections.empty()) {
    core->tick.expires_after(interval);
    co_await core->tick.async_wait(kAwait);
    const auto now = steady_clock::now();
    for (auto* connection : core->connections) connection->on_tick(now);
    std::erase_if(core->idle, [](const auto& connection) { return !connection->quiet(); });
  }
  core->ticking = false;
}

Task<Place> acquire(std::shared_ptr<ClientCore> core, std::string owner) {
  if (core->stopped) throw TransportError(Kind::connect, false, "the client was closed");
  if (core->take_place(owner)) co_return Place(core, std::move(owner));
  if (core->waiters.size() >= core->options.max_waiting) {
    throw TransportError(Kind::busy, false, core->authority + ": too many wait for a connection");
  }
  PoolWaiter waiter(*core, owner);
  const auto until = steady_clock::now() + core->options.acquire_timeout;
  // A lease that ends while one waits is noticed by looking.
  const auto step = std::clamp(core->options.lease / 4, milliseconds(1), kSlowestTick);
  while (!waiter.granted && !core->stopped && steady_clock::now() < until) {
    core->take_lent();
    if (waiter.granted) break;
    waiter.timer.expires_after(step);
    co_await waiter.timer.async_wait(kAwait);
  }
  if (waiter.granted) co_return Place(core, std::move(owner));
  if (core->stopped) throw TransportError(Kind::connect, false, "the client was closed");
  throw TransportError(Kind::busy, false, core->authority + ": no connection became free in time");
}

Task<std::unique_ptr<ClientConnection>> open_connection(std::shared_ptr<ClientCore> core) {
  auto connection = std::make_unique<ClientConnection>(core);
  if (!core->ticking) {
    core->ticking = true;
    boost::asio::co_spawn(core->reactor, tick_client(core), boost::asio::detached);
  }
  co_await connection->connect();
  co_return connection;
}

class PooledResponse final : public ClientResponse, private Lent {
 public:
  PooledResponse(std::shared_ptr<ClientCore> core, Place place,
                 std::unique_ptr<ClientConnection> connection)
      : core_(std::move(core)),
        place_(std::move(place)),
        connection_(std::move(connection)),
        head_(connection_->response()) {
    finish_if_done();
  }
  ~PooledResponse() override { std::erase(core_->lent, static_cast<Lent*>(this)); }
  PooledResponse(const PooledResponse&) = delete;
  PooledResponse& operator=(const PooledResponse&) = delete;

  [[nodiscard]] int status() const override { return head_.status; }
  [[nodiscard]] const Headers& headers() const override { return head_.headers; }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const override {
    return head_.content_length;
  }

  [[nodiscard]] Task<std::size_t> read_some(std::span<char> into) override {
    if (taken_) {
      throw TransportError(Kind::taken, true, core_->authority + ": others needed the connection");
    }
    if (!connection_) co_return 0;
    reading_ = true;
    const Reading reading(*this);
    const auto count = co_await connection_->read_body(into);
    finish_if_done();
    co_return count;
  }

  void lend() override {
    if (!connection_ || lent_since_) return;
    lent_since_ = steady_clock::now();
    core_->lent.push_back(this);
  }

  [[nodiscard]] Task<std::string> read_all(std::size_t limit) override {
    std::string body;
    const auto announced = head_.body == BodyKind::length ? head_.content_length : std::nullopt;
    if (announced && *announced > limit) too_large();
    std::string piece(std::min<std::size_t>(announced.value_or(kPiece) + 1, kPiece), '\0');
    reading_ = true;
    const Reading reading(*this);
    while (connection_) {
      const auto count = co_await connection_->read_body(piece);
      finish_if_done();
      if (count == 0) break;
      if (count > limit - body.size()) too_large();
      body.append(piece, 0, count);
    }
    co_return body;
  }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;

  struct Reading {
    explicit Reading(PooledResponse& of) : response(of) {}
    ~Reading() { response.reading_ = false; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    PooledResponse& response;
  };

  [[nodiscard]] const std::string& owner() const override { return place_.owner(); }
  [[nodiscard]] std::optional<steady_clock::time_point> idle_lease() const override {
    return reading_ || !connection_ ? std::nullopt : lent_since_;
  }
  void take_away() override {
    taken_ = true;
    connection_.reset();
    place_.give_back();
  }

  [[noreturn]] void too_large() const {
    throw TransportError(Kind::too_large, true,
                         core_->authority + ": the answer is larger than expected");
  }

  void finish_if_done() {
    if (!connection_ || !connection_->body_done()) return;
    if (connection_->reusable()) core_->keep(std::move(connection_));
    connection_.reset();
    place_.give_back();
  }

  std::shared_ptr<ClientCore> core_;
  Place place_;
  std::unique_ptr<ClientConnection> connection_;
  ResponseHead head_;
  std::optional<steady_clock::time_point> lent_since_;
  bool reading_ = false;
  bool taken_ = false;
};

Task<std::unique_ptr<ClientResponse>> send_on(std::shared_ptr<ClientCore> core,
                                              ClientRequest request) {
  auto place = co_await acquire(core, request.owner);
  while (true) {
    auto connection = core->take_idle();
    const bool kept = connection != nullptr;
    if (!kept) connection = co_await open_connection(core);
    bool stale = false;
    try {
      co_await connection->exchange(request);
    } catch (const TransportError& error) {
      stale = kept && !request.source && connection->untouched() &&
              (error.kind() == Kind::closed || error.kind() == Kind::connect);
      if (!stale) throw;
    }
    if (!stale) {
      co_return std::make_unique<PooledResponse>(core, std::move(place), std::move(connection));
    }
    // Where one kept connection was closed, the others were too, as by a restart.
    core->idle.clear();
  }
}

}  // namespace

ClientCore::ClientCore(boost::asio::io_context& io, ClientOptions given)
    : reactor(io),
      options(std::move(given)),
      authority(authority_of(options)),
      places(options.max_connections),
      tick(io.get_executor()) {
  if (!options.tls) return;
  namespace ssl = boost::asio::ssl;
  tls.emplace(ssl::context::tls_client);
  tls->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                   ssl::context::no_tlsv1_1);
  tls->set_default_verify_paths();
  tls->set_verify_mode(ssl::verify_peer);
}

std::unique_ptr<ClientConnection> ClientCore::take_idle() {
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    if (!connection->quiet()) continue;
    connection->set_idle(false);
    return connection;
  }
  return nullptr;
}

void ClientCore::keep(std::unique_ptr<ClientConnection> connection) {
  if (stopped) return;
  connection->set_idle(true);
  idle.push_back(std::move(connection));
}

std::size_t ClientCore::held_by(const std::string& owner) const {
  const auto found = held.find(owner);
  return found != held.end() ? found->second : 0;
}

bool ClientCore::has_share(const std::string& owner) const {
  return options.max_per_owner == 0 || owner.empty() || held_by(owner) < options.max_per_owner;
}

bool ClientCore::take_place(const std::string& owner) {
  if (places == 0 || !has_share(owner)) return false;
  --places;
  ++held[owner];
  return true;
}

PoolWaiter* ClientCore::next_waiter() const {
  PoolWaiter* next = nullptr;
  for (auto* waiter : waiters) {
    if (!has_share(waiter->owner)) continue;
    if (next == nullptr || held_by(waiter->owner) < held_by(next->owner)) next = waiter;
  }
  return next;
}

void ClientCore::release(const std::string& owner) {
  const auto found = held.find(owner);
  if (found != held.end() && --found->second == 0) held.erase(found);
  ++places;
  auto* next = next_waiter();
  if (next == nullptr || !take_place(next->owner)) return;
  std::erase(waiters, next);
  next->granted = true;
  next->timer.cancel();
}

void ClientCore::take_lent() {
  if (next_waiter() == nullptr) return;
  const auto over = steady_clock::now() - options.lease;
  Lent* taken = nullptr;
  for (auto* one : lent) {
    const auto since = one->idle_lease();
    if (!since || *since > over) continue;
    // They are in the order in which they were lent.
    if (taken == nullptr || held_by(one->owner()) > held_by(taken->owner())) taken = one;
  }
  if (taken == nullptr) return;
  std::erase(lent, taken);
  taken->take_away();
}

void ClientCore::stop() {
  stopped = true;
  idle.clear();
  tick.cancel();
  for (auto* connection : connections) connection->close();
  for (auto* waiter : waiters) waiter->timer.cancel();
}

milliseconds ClientCore::tick_interval() const {
  const auto shortest = std::min({options.connect_timeout, options.response_timeout,
                                  options.io_timeout, options.idle_timeout});
  return std::clamp(shortest / 8, kFastestTick, kSlowestTick);
}

struct Client::Impl {
  std::shared_ptr<ClientCore> core;
};

Client::Client(boost::asio::io_context& reactor, ClientOptions options)
    : impl_(std::make_shared<Impl>()) {
  impl_->core = std::make_shared<ClientCore>(reactor, std::move(options));
}

Client::~Client() {
  impl_->core->stop();
}

std::size_t Client::waiting() const {
  return impl_->core->waiters.size();
}

Task<std::unique_ptr<ClientResponse>> Client::send(ClientRequest request) {
  return send_on(impl_->core, std::move(request));
}

}  // namespace wardbook::net

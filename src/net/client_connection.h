#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/chunked.h"
#include "net/client.h"
#include "net/read_buffer.h"
#include "net/request_check.h"
#include "net/response_check.h"
#include "net/sockets.h"

namespace wardbook::net {

class ClientConnection;

struct PoolWaiter;

/// A connection that is used, as the pool sees it.
class Lent {
 public:
  virtual ~Lent() = default;
  [[nodiscard]] virtual const std::string& owner() const = 0;
  /// Since when; nullopt while it is read from.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> idle_lease() const = 0;
  /// Gives its place back.
  virtual void take_away() = 0;
};

/// What the connections of one client share; kept alive by them and by answers that are being read.
struct ClientCore {
  ClientCore(boost::asio::io_context& io, ClientOptions given);

  /// The connection used last, if it still looks alive.
  std::unique_ptr<ClientConnection> take_idle();
  void keep(std::unique_ptr<ClientConnection> connection);
  /// Takes a free place for the owner, if there is one and the owner's share allows it.
  [[nodiscard]] bool take_place(const std::string& owner);
  /// Gives a place back: to the first who waits for one of the owner that has the fewest.
  void release(const std::string& owner);
  /// While somebody waits who may have a place: takes the connection that was lent longest of the
  /// owner that has the most, if its lease is over.
  void take_lent();
  void stop();
  [[nodiscard]] std::chrono::milliseconds tick_interval() const;

  boost::asio::io_context& reactor;
  ClientOptions options;
  std::string authority;  // for Host
  std::optional<boost::asio::ssl::context> tls;
  std::vector<ClientConnection*> connections;
  std::vector<std::unique_ptr<ClientConnection>> idle;
  std::deque<PoolWaiter*> waiters;
  std::vector<Lent*> lent;
  std::map<std::string, std::size_t, std::less<>> held;  // places, by owner
  std::size_t places;
  Timer tick;
  bool ticking = false;
  bool stopped = false;

 private:
  [[nodiscard]] std::size_t held_by(const std::string& owner) const;
  [[nodiscard]] bool has_share(const std::string& owner) const;
  [[nodiscard]] PoolWaiter* next_waiter() const;
};

/// Somebody who waits for one of the pool's places, queued while it lives in its coroutine's frame.
struct PoolWaiter {
  PoolWaiter(ClientCore& of, std::string whose)
      : core(of), owner(std::move(whose)), timer(of.reactor.get_executor()) {
    core.waiters.push_back(this);
  }
  ~PoolWaiter() { std::erase(core.waiters, this); }
  PoolWaiter(const PoolWaiter&) = delete;
  PoolWaiter& operator=(const PoolWaiter&) = delete;

  ClientCore& core;
  std::string owner;
  Timer timer;
  bool granted = false;
};

/// One connection to the origin: a request, its answer's head, its answer's body, again.
class ClientConnection {
 public:
  explicit ClientConnection(std::shared_ptr<ClientCore> core);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Fails with TransportError::connect or timeout.
  Task<> connect();
  /// Sends the request and reads the answer's head. Fails with TransportError.
  Task<> exchange(const ClientRequest& request);
  [[nodiscard]] const ResponseHead& response() const { return response_; }
  /// The next bytes of the answer's body; 0 at its end. Fails with TransportError.
  Task<std::size_t> read_body(std::span<char> into);
  [[nodiscard]] bool body_done() const { return body_done_; }
  /// The answer was read to its end and both sides want to go on.
  [[nodiscard]] bool reusable() const;
  /// No byte of an answer came: the request may be tried on another connection.
  [[nodiscard]] bool untouched() const { return !answer_began_; }
  /// Nothing arrived on the idle connection: an end, or bytes that nobody asked for.
  [[nodiscard]] bool quiet();

  void on_tick(std::chrono::steady_clock::time_point now);
  void set_idle(bool idle);
  void close();

  std::size_t registry_index = 0;  ///< ClientCore's

 private:
  using Clock = std::chrono::steady_clock;
  using Parts = std::array<boost::asio::const_buffer, 4>;

  void arm(std::chrono::milliseconds timeout);
  void disarm() { deadline_ = Clock::time_point::max(); }
  Task<> shake_hands();
  [[nodiscard]] std::string make_head(const ClientRequest& request) const;
  Task<> send(const ClientRequest& request);
  Task<> send_source(const ClientRequest& request, std::string head);
  Task<> write_all(Parts parts);
  Task<std::size_t> read_into(std::span<char> into, std::chrono::milliseconds timeout);
  Task<> fill(std::chrono::milliseconds timeout);
  Task<> receive_head(bool to_head);
  [[noreturn]] void fail(boost::system::error_code ec, const char* during);

  std::shared_ptr<ClientCore> core_;
  boost::asio::ip::tcp::resolver resolver_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  ReadBuffer in_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool idle_ = false;
  bool broken_ = false;
  bool sent_ = false;          // of the current request, any byte
  bool answer_began_ = false;  // of the current answer, any byte
  bool peer_ended_ = false;    // orderly: FIN, and close_notify under TLS
  ResponseHead response_;
  std::uint64_t body_left_ = 0;
  std::optional<ChunkDecoder> chunks_;
  bool body_done_ = true;
};

}  // namespace wardbook::net

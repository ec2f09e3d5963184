#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/addresses.h"
#include "base/failure.h"
#include "base/task.h"
#include "net/clients.h"
#include "net/message.h"

namespace wardbook::net {

/// One request on one connection, from its checked head to its answer. Owned by the server; a
/// handler may use it until it returns. Exactly one answer: `respond`, or `start` and `write`s.
class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const RequestHead& head() const = 0;
  /// Made by the server, unique, printable ASCII; sent back as `X-Request-ID`.
  [[nodiscard]] virtual const std::string& id() const = 0;
  /// Content-Length; nullopt for a chunked body; 0 when there is none.
  [[nodiscard]] virtual std::optional<std::uint64_t> content_length() const = 0;
  /// Bytes of the body that are at hand: reading as many does not wait for the client. For a
  /// chunked body, its framing included.
  [[nodiscard]] virtual std::size_t at_hand() const = 0;
  /// Called when the client has kept a read or write of this exchange waiting for Limits::stall, at
  /// most once for each: time to let go of what others could use. It must not throw, nor use this
  /// exchange.
  virtual void on_stall(std::function<void()> call) = 0;

  /// The next bytes of the body into `into`; 0 at its end. Sends `100 Continue` before the first
  /// read if the client waits for it. Fails with request_timeout, or when the client has gone
  /// (boost::system::system_error; let it through, the server closes the connection).
  [[nodiscard]] virtual Task<std::size_t> read_some(std::span<char> into) = 0;
  /// The whole body. Fails with payload_too_large above `limit`, decided from Content-Length before
  /// anything is read, or while reading a chunked body.
  [[nodiscard]] virtual Task<std::string> read_all(std::size_t limit) = 0;

  /// Answers with a body in memory. What the client still sends of its own body is read and thrown
  /// away up to Limits::discard_bytes and discard_timeout; beyond that the connection is closed.
  [[nodiscard]] virtual Task<> respond(Response response) = 0;
  /// Starts a streamed answer; `length` nullopt means chunked. After HEAD, or 204 and 304, writes
  /// are swallowed.
  [[nodiscard]] virtual Task<> start(int status, Headers headers,
                                     std::optional<std::uint64_t> length) = 0;
  [[nodiscard]] virtual Task<> write(std::string_view bytes) = 0;
  /// True once an answer was started: too late for another one.
  [[nodiscard]] virtual bool answered() const = 0;
  /// Close the connection after this exchange.
  virtual void close_after() = 0;
};

/// on_stall for as long as it lives.
class StallCall {
 public:
  StallCall(Exchange& exchange, std::function<void()> call) : exchange_(exchange) {
    exchange_.on_stall(std::move(call));
  }
  ~StallCall() { exchange_.on_stall(nullptr); }
  StallCall(const StallCall&) = delete;
  StallCall& operator=(const StallCall&) = delete;

 private:
  Exchange& exchange_;
};

using Handler = std::function<Task<>(Exchange&)>;

/// What clients may take. Each wait for a client is bounded by `io_timeout`, and all waits of one
/// request together by Pace: `grace`, and what `bytes_per_second` gives back.
struct Limits {
  std::size_t header_bytes = 16 * 1024;  ///< request line and header section; 431 above
  /// When they are all taken, the longest idle one is closed for a new one; then those whose
  /// request's head is not complete, then those that have used up half of their grace. If there is
  /// none either, further ones wait in the listen queue.
  std::size_t connections = 4096;
  std::size_t connections_per_address = 0;           ///< of a source (Address::source); 0: no limit
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte of a request; 408
  std::chrono::milliseconds idle_timeout{75'000};    ///< between requests; closed silently
  std::chrono::milliseconds io_timeout{30'000};      ///< each single read or write of a body
  std::chrono::milliseconds grace{30'000};           ///< of a request, to a slow client; 408
  std::uint64_t bytes_per_second = 1024;             ///< the least rate; 0: none
  std::chrono::milliseconds body_timeout{180'000};   ///< for a whole `read_all`; 408
  std::chrono::milliseconds stall{2'000};            ///< see Exchange::on_stall
  std::size_t discard_bytes = 64 * 1024 * 1024;      ///< of a body that nobody reads
  std::chrono::milliseconds discard_timeout{2'000};
  /// Answers in memory that clients have not read yet, all together; beyond that the connection
  /// that has waited longest is closed.
  std::size_t unread_bytes = 256 * 1024 * 1024;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;   ///< 0: any free one, see Server::port
  bool reuse_port = false;  ///< several servers share the port; the kernel deals connections out
  Limits limits;
  /// Peers whose X-Forwarded-For is believed, and who have no limit of connections. From anybody
  /// else the header means nothing.
  std::vector<AddressRange> trusted_proxies;
  /// Counts for Limits::connections_per_address; shared by the servers that share a port. Absent:
  /// this server's own.
  std::shared_ptr<ConnectionBook> book;
  /// Answers what never reaches the handler (malformed head, 408, 431, 501 for an unknown
  /// transfer-coding) and what escapes from it; the server closes the connection after the former.
  std::function<Response(const Failure&, const std::string& request_id)> render_failure;
};

/// An HTTP/1.1 server (RFC 9112): keep-alive, pipelined requests in order, chunked bodies both
/// ways. Refused with 400 and a closed connection: both length headers, several different ones,
/// obs-fold, bare CR or LF, a space before a colon, an absent or repeated Host, a target that is
/// not origin-form (absolute-form is reduced to it). TLS would wrap the socket inside; nothing in
/// this interface changes for it.
class Server {
 public:
  /// Binds and listens at once. Throws std::runtime_error with one clear line if it cannot
  /// ("127.0.0.1:8080: address already in use").
  Server(boost::asio::io_context& reactor, ServerOptions options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Accepts until `drain`.
  void start();
  /// Accepts no more, closes idle connections, lets requests in flight finish with
  /// `Connection: close`, and returns when none is left or `timeout` has passed.
  [[nodiscard]] Task<> drain(std::chrono::milliseconds timeout);
  /// Closes everything now.
  void abort();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t requests_in_flight() const;
  /// Connections that were closed to make room for others, and those that were not taken because
  /// their address had too many.
  [[nodiscard]] std::uint64_t made_room() const;
  [[nodiscard]] std::uint64_t turned_away() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardbook::net

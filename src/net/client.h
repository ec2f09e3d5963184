#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/task.h"
#include "net/message.h"

namespace wardbook::net {

/// What went wrong below HTTP. Thrown by the client; `sent` tells whether any byte of the request
/// may have reached the peer, which decides whether it may be repeated.
class TransportError : public std::exception {
 public:
  /// busy: no connection was free, or became so in time. taken: the answer's connection went to
  /// somebody else (ClientResponse::lend).
  enum class Kind { connect, timeout, closed, protocol, too_large, busy, taken };
  TransportError(Kind kind, bool sent, std::string what)
      : kind_(kind), sent_(sent), what_(std::move(what)) {}
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool sent() const noexcept { return sent_; }

 private:
  Kind kind_;
  bool sent_;
  std::string what_;
};

/// Gives the next bytes of a request body into the span; 0 at its end.
using BodySource = std::function<Task<std::size_t>(std::span<char>)>;

struct ClientRequest {
  std::string method;
  std::string target;  ///< origin-form, already encoded
  Headers headers;    ///< Host, Content-Length and Connection are added by the client; a Host given
                      ///< here is kept
  std::string owner;  ///< whose share of the connections it is counted for; empty: nobody's
  std::string body;   ///< or, when `source` is set, nothing
  BodySource source;
  std::optional<std::uint64_t> source_length;  ///< with `source`; absent: chunked
};

struct ClientOptions {
  std::string host;
  std::uint16_t port = 80;
  bool tls = false;
  std::size_t max_connections = 64;  ///< further requests wait, at most `acquire_timeout`
  /// Of one owner at a time; 0: all.
  std::size_t max_per_owner = 0;
  std::size_t max_waiting = 1'024;  ///< of all owners; what comes then is refused at once
  std::chrono::milliseconds acquire_timeout{5'000};
  /// After so long a lent connection that nobody reads from may be taken for those who wait.
  std::chrono::milliseconds lease{500};
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds response_timeout{15'000};  ///< from the request's end to the head
  std::chrono::milliseconds io_timeout{15'000};        ///< each single read or write
  std::chrono::milliseconds idle_timeout{20'000};      ///< an unused connection is closed after it
};

/// An answer whose body is read piece by piece. Reading to the end gives the connection back to the
/// pool; dropping it earlier closes the connection.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> content_length() const = 0;
  /// Fails with TransportError (closed: the body ended before its length).
  [[nodiscard]] virtual Task<std::size_t> read_some(std::span<char> into) = 0;
  /// Fails with TransportError::too_large above `limit`.
  [[nodiscard]] virtual Task<std::string> read_all(std::size_t limit) = 0;
  /// From now on others may take the connection between two reads while they wait for one; the next
  /// read fails with TransportError::taken. For who can ask for the rest again.
  virtual void lend() = 0;
};

/// Pooled HTTP/1.1 client to one origin, on one reactor. A request on a kept connection that the
/// peer closed before answering anything is sent again once on a fresh one, if its body is in
/// memory.
///
/// While requests wait for a connection, the next one goes to the owner who has the fewest, and
/// lent connections are taken from the owner who has the most: nobody can keep another waiting by
/// being slow.
class Client {
 public:
  Client(boost::asio::io_context& reactor, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Fails with TransportError.
  [[nodiscard]] Task<std::unique_ptr<ClientResponse>> send(ClientRequest request);
  /// How many requests wait for a connection.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardbook::net

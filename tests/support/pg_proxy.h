#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace wardbook::testing {

/// Stands between clients and the cluster on 127.0.0.1, on a thread of its own, and can fall silent
/// for one connection without closing it: as a network does that loses packets, or a host that
/// hangs. The other connections go on.
class PgProxy {
 public:
  /// `socket`: the cluster's Unix socket.
  explicit PgProxy(std::string socket);
  ~PgProxy();
  PgProxy(const PgProxy&) = delete;
  PgProxy& operator=(const PgProxy&) = delete;

  /// `conninfo` with the proxy for its host.
  [[nodiscard]] std::string through(const std::string& conninfo) const;
  [[nodiscard]] std::uint16_t port() const;
  /// How many connections have sent `LISTEN` so far.
  [[nodiscard]] int listeners() const;
  /// Nothing passes any more on the connections that have sent `LISTEN`.
  void silence_listeners();
  /// From now on, nothing passes on any connection, old or new, or everything does.
  void silence_all(bool silent);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wardbook::testing

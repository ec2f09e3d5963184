#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "net/response_head.h"
#include "net/server.h"
#include "net/sockets.h"

namespace wardbook::net {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

class Connection;

/// What the connections of one server share. Kept alive by them, so that a Server can go before the
/// last of its coroutines has ended.
struct ServerCore {
  ServerCore(boost::asio::io_context& io, ServerOptions given, Handler handle);

  /// Also wakes whoever waits for fewer connections.
  void add(Connection& connection);
  void remove(Connection& connection);
  [[nodiscard]] std::string make_id();
  /// Never throws: where the renderer does, a bare 500 comes out.
  [[nodiscard]] Response render(const Failure& failure, const std::string& id) const;
  /// One coarse tick looks after every deadline: no timer for a connection, none for a request.
  [[nodiscard]] std::chrono::milliseconds tick_interval() const;

  boost::asio::io_context& reactor;
  ServerOptions options;
  Handler handler;
  Acceptor acceptor;
  Timer tick;
  Timer slot;     // accepting waits on it while all connections are taken
  Timer drained;  // drain waits on it
  bool draining = false;
  bool stopped = false;
  std::size_t in_flight = 0;
  std::vector<Connection*> connections;
  DateCache date;

 private:
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
};

}  // namespace wardbook::net

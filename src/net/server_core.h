#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
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

/// A connection's place in one of the lists below; leaves it when it goes.
struct WaitingPlace
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  explicit WaitingPlace(Connection& of) : connection(of) {}
  Connection& connection;
};
using WaitingList =
    boost::intrusive::list<WaitingPlace, boost::intrusive::constant_time_size<false>>;

/// What the connections of one server share. Kept alive by them, so that a Server can go before the
/// last of its coroutines has ended.
struct ServerCore {
  ServerCore(boost::asio::io_context& io, ServerOptions given, Handler handle);

  /// Also wakes whoever waits for fewer connections.
  void add(Connection& connection);
  void remove(Connection& connection);
  /// Closes a connection that can be spared (Limits::connections), of that source if one is given;
  /// nullptr if there is none. It ends soon, but not yet.
  Connection* make_room(const Address* of_source);
  /// May the peer have one more connection? Makes room among its own if need be.
  [[nodiscard]] bool admit(const Address& source);
  /// While an answer waits for its reader, its bytes count towards Limits::unread_bytes.
  void hold(Connection& connection, std::size_t bytes);
  void release(Connection& connection);
  /// Puts a connection at the end of `idle` or `heads`.
  void wait_in(WaitingList& list, WaitingPlace& place);
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
  WaitingList idle;   // for a request, the longest first
  WaitingList heads;  // for the rest of a request's head
  bool accept_waits = false;
  std::size_t unread = 0;
  std::uint64_t made_room = 0;
  std::uint64_t turned_away = 0;
  DateCache date;

 private:
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
  std::chrono::steady_clock::time_point complained_;
};

}  // namespace wardbook::net

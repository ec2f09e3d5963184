#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/backoff.h"
#include "db/connection.h"
#include "db/lane.h"
#include "db/pool.h"

namespace wardbook::db::detail {

inline constexpr std::chrono::milliseconds kSweepInterval{50};

/// One `begin` that waits for a connection.
struct Acquire {
  ConnectionPtr connection;
  std::optional<Failure> failure;
  Deadline deadline;
  std::shared_ptr<OneShot> done = std::make_shared<OneShot>();
};

/// The state behind Pool, shared with the transactions that are still open when it goes.
struct PoolImpl : std::enable_shared_from_this<PoolImpl> {
  PoolImpl(boost::asio::io_context& io, PoolOptions pool_options);
  ~PoolImpl();

  TenantNumber number_of(const TenantId& tenant);
  /// The tenant's own lane, whose connection knows its statements; while that is away another one
  /// that is there.
  Lane& lane_for(TenantNumber tenant);
  /// A connection with nothing in flight before it but, perhaps, a ROLLBACK.
  Task<ConnectionPtr> acquire(TenantNumber tenant);
  /// Takes back a connection that is outside of a transaction, or will be when what has been sent
  /// to it is done.
  void give_back(const ConnectionPtr& connection);
  /// Takes back a connection on which a statement of an abandoned transaction still runs: cancels
  /// that (not a COMMIT), rolls back, and closes it if it does not come to rest.
  void give_up(const ConnectionPtr& connection, bool cancel);
  void arm_sweep();
  void close();

  boost::asio::io_context& reactor;
  const PoolOptions options;
  const ConnectParams params;
  std::vector<std::shared_ptr<Lane>> lanes;
  bool closed = false;
  std::uint64_t reconnects = 0;
  std::uint64_t prepared = 0;  ///< by connections that are gone
  std::vector<ConnectionPtr> open;
  std::vector<ConnectionPtr> idle;  ///< most recently used last
  std::deque<std::shared_ptr<Acquire>> waiting;
  std::size_t connecting = 0;
  std::vector<std::weak_ptr<Connection>> listeners;
  std::vector<std::function<void()>> on_close;  ///< what else ends with the pool

 private:
  static Task<> open_one(std::shared_ptr<PoolImpl> self);
  static Task<> reconnect(std::shared_ptr<PoolImpl> self);
  static Task<> settle(std::shared_ptr<PoolImpl> self, ConnectionPtr connection, bool cancel);
  void grow();
  void opened(const ConnectionPtr& connection);
  void connect_failed(const Failure& failure);
  void lost(const Connection* connection);
  void fail_waiting(Code code, const std::string& detail);
  bool sweep();

  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer backoff_timer_;
  Backoff backoff_;
  std::unordered_map<std::string, TenantNumber> numbers_;
  std::unique_ptr<boost::asio::thread_pool> canceller_;
  bool sweeping_ = false;
  bool down_ = false;          ///< the last attempt failed and no connection is open
  bool reconnecting_ = false;  ///< the back-off loop runs
};

/// Runs PQcancel on another thread and comes back.
Task<bool> cancel_on(boost::asio::thread_pool& threads, boost::asio::io_context& reactor,
                     std::shared_ptr<PGcancel> handle);

}  // namespace wardbook::db::detail

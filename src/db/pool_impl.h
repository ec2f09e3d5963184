#pragma once

#include <algorithm>
#include <array>
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
#include "db/share.h"

namespace wardbook::db::detail {

inline constexpr std::chrono::milliseconds kSweepInterval{50};

/// The state behind Pool, shared with the transactions that are still open when it goes.
struct PoolImpl : std::enable_shared_from_this<PoolImpl> {
  PoolImpl(boost::asio::io_context& io, PoolOptions pool_options);
  ~PoolImpl();

  /// Made on first use; stays where it is.
  Share& share_of(const TenantId& tenant);
  [[nodiscard]] const std::optional<TenantId>& tenant_of(TenantNumber number) const;
  /// The tenant's own lane, whose connection knows its statements; while that is away another one
  /// that is there.
  Lane& lane_for(TenantNumber tenant);
  /// A connection with nothing in flight before it but, perhaps, a ROLLBACK; counted to the share
  /// until it is given back.
  Task<ConnectionPtr> acquire(Share& share);
  /// A control transaction goes on under a tenant's role. Where others of them do not come away
  /// from that tenant's tables it is counted to the tenant's own share; fails with overloaded when
  /// that is used up.
  void turn_to(const ConnectionPtr& connection, Share& tenant);
  /// Takes back a connection that is outside of a transaction, or will be when what has been sent
  /// to it is done.
  void give_back(const ConnectionPtr& connection);
  /// Takes back a connection on which a statement of an abandoned transaction still runs: cancels
  /// that (not a COMMIT), rolls back, and closes it if it does not come to rest.
  void give_up(const ConnectionPtr& connection, bool cancel);
  /// Asks the server to end what runs there, in the background.
  void cancel(std::shared_ptr<PGcancel> handle);
  void arm_sweep();
  void close();
  /// A tenant's part of a lane.
  [[nodiscard]] std::size_t most_lane_reads() const {
    return std::max<std::size_t>(1, options.lane_depth / 2);
  }
  [[nodiscard]] std::array<ShareGroup*, 4> groups();

  boost::asio::io_context& reactor;
  const PoolOptions options;
  const ConnectParams params;
  std::vector<std::shared_ptr<Lane>> lanes;
  bool closed = false;
  std::uint64_t reconnects = 0;
  std::uint64_t prepared = 0;  ///< by connections that are gone
  std::vector<ConnectionPtr> open;
  std::vector<ConnectionPtr> idle;               ///< most recently used last
  std::deque<std::shared_ptr<Acquire>> granted;  ///< counted already, and wait for a connection
  std::size_t connecting = 0;
  std::uint64_t turned_away = 0;  ///< `overloaded`: waits that were refused, or in vain
  std::uint64_t taken_over = 0;   ///< lanes whose reads were taken away from behind a slow one

  ShareGroup tenants_group;
  ShareGroup control_group;
  ShareGroup batches_group;
  ShareGroup jobs_group;
  ShareGroup stuck_group;  ///< control transactions that wait in a tenant's tables for too long
  Share control{control_group};
  Share batches{batches_group};
  Share jobs{jobs_group};
  Share stuck{stuck_group};
  const std::size_t most_open;  ///< the sum of the groups, so that what is granted is never short
  std::unordered_map<std::string, Share> shares;  ///< of the tenants
  std::vector<std::weak_ptr<Connection>> listeners;
  std::vector<std::function<void()>> on_close;  ///< what else ends with the pool

 private:
  static Task<> open_one(std::shared_ptr<PoolImpl> self);
  static Task<> reconnect(std::shared_ptr<PoolImpl> self);
  static Task<> settle(std::shared_ptr<PoolImpl> self, ConnectionPtr connection, bool cancel);
  void grow();
  void opened(const ConnectionPtr& connection);
  void connect_failed(const Failure& failure);
  void lost(Connection& connection);
  void fail_waiting(Code code, const std::string& detail);
  /// Grants what may be granted, gives idle connections to what is granted, opens what is missing.
  void hand_out();
  bool give_idle();
  ConnectionPtr take_idle(Share& share);
  void count(const ConnectionPtr& connection, Share* holder);
  void uncount(Connection& connection);
  bool sweep();
  void take_over(Deadline now);
  void relieve_control(Deadline now);

  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer backoff_timer_;
  Backoff backoff_;
  std::vector<Share*> by_number_;
  std::unique_ptr<boost::asio::thread_pool> canceller_;
  bool sweeping_ = false;
  bool down_ = false;          ///< the last attempt failed and no connection is open
  bool reconnecting_ = false;  ///< the back-off loop runs
};

/// Runs PQcancel on another thread and comes back.
Task<bool> cancel_on(boost::asio::thread_pool& threads, boost::asio::io_context& reactor,
                     std::shared_ptr<PGcancel> handle);

}  // namespace wardbook::db::detail

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "db/backoff.h"
#include "db/connection.h"
#include "db/pool.h"

namespace wardbook::db::detail {

/// One read on a lane.
struct LaneRequest {
  TenantId tenant;
  TenantNumber number;
  Statement statement;
  BatchPtr batch;      ///< a new one for every attempt
  bool alone = false;  ///< in a segment of its own, after it failed beside others
};

/// What stood still.
struct Taken {
  std::vector<TenantNumber> tenants;    ///< whose reads were in the segment; one of them is slow
  std::shared_ptr<PGcancel> statement;  ///< to cancel what still runs there
};

/// A shared connection on which many short reads are in flight. The reads of one turn of the
/// reactor share a segment of the pipeline, which is one implicit transaction: the role is set
/// before each statement of another tenant and ends with the segment. An error skips the rest of
/// its segment; those reads are sent again, each alone. An answer that nobody waits for any more is
/// dropped. Where no answer comes for a while all reads are taken off the connection, to be sent
/// again elsewhere, and it is replaced.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(boost::asio::io_context& reactor, const PoolOptions& options, const ConnectParams& params);

  /// Fails the batch at once when PostgreSQL is known to be away.
  void submit(const std::shared_ptr<LaneRequest>& request);
  /// Ends late waits; false when there is nothing to watch any more.
  bool sweep(Deadline now);
  void close();
  /// Called at every sweep. The reads that have no answer are told so (Batch::moved). A lane that
  /// is taken over again and again gets more patient, up to a second: so a server that is slow as a
  /// whole is not kept busy with new connections.
  [[nodiscard]] std::optional<Taken> take_over_if_stuck(Deadline now);

  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] bool full() const { return in_flight() >= depth_; }
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  [[nodiscard]] std::uint64_t prepared() const;
  [[nodiscard]] std::uint64_t reconnects() const { return connects_ > 0 ? connects_ - 1 : 0; }

 private:
  static Task<> keep_connecting(std::shared_ptr<Lane> self, bool pause_first);
  Task<> pause();
  void start_connecting(bool pause_first);
  void connected_to(const ConnectionPtr& connection);
  void lost();
  void post_flush();
  void flush();
  void send_segment();
  [[nodiscard]] bool worn_out() const;
  void fail_outbox(std::string_view why);

  boost::asio::io_context& reactor_;
  const std::size_t depth_;
  const std::size_t prepared_bound_;
  const std::size_t tenant_bound_;
  const std::chrono::milliseconds connect_timeout_;
  const ConnectParams params_;
  boost::asio::steady_timer backoff_timer_;
  Backoff backoff_;
  ConnectionPtr connection_;
  std::deque<std::shared_ptr<LaneRequest>> outbox_;
  std::uint64_t prepared_before_ = 0;  ///< by connections that are gone
  std::uint64_t connects_ = 0;
  Deadline connected_at_;
  std::chrono::milliseconds patience_ = kSlow;
  Deadline taken_over_at_;
  bool connecting_ = false;
  bool down_ = false;
  bool flush_posted_ = false;
  bool closed_ = false;
};

}  // namespace wardbook::db::detail

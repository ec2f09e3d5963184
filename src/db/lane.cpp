#include "db/lane.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "base/log.h"

namespace wardbook::db::detail {
namespace {

namespace asio = boost::asio;

/// Reads in one segment: few enough that the first one's answer, which the server sends with the
/// last one's, is not late.
constexpr std::size_t kSegmentReads = 16;
/// A connection that was lost before that is not replaced at once.
constexpr std::chrono::seconds kShortLife{1};
/// How patient a lane may get, and after how long without a takeover it is as before.
constexpr std::chrono::milliseconds kMostPatience{1'000};
constexpr std::chrono::seconds kLaneCalm{10};

}  // namespace

Lane::Lane(asio::io_context& reactor, const PoolOptions& options, const ConnectParams& params)
    : reactor_(reactor),
      depth_(options.lane_depth),
      prepared_bound_(options.prepared_per_connection),
      tenant_bound_(options.tenants_per_connection),
      connect_timeout_(options.connect_timeout),
      params_(params),
      backoff_timer_(reactor) {}

std::size_t Lane::in_flight() const {
  return outbox_.size() + (connection_ ? connection_->in_flight() : 0);
}

std::uint64_t Lane::prepared() const {
  return prepared_before_ + (connection_ ? connection_->prepared_count() : 0);
}

void Lane::submit(const std::shared_ptr<LaneRequest>& request) {
  outbox_.push_back(request);
  if (closed_ || down_) return fail_outbox("PostgreSQL is away");
  if (connection_) {
    post_flush();
  } else {
    start_connecting(false);
  }
}

void Lane::fail_outbox(std::string_view why) {
  for (const auto& request : std::exchange(outbox_, {})) {
    request->batch->error = PgError::lost(why);
    request->batch->done->set(Wake::done);
  }
}

bool Lane::sweep(Deadline now) {
  while (!outbox_.empty() && outbox_.front()->batch->deadline <= now) {
    outbox_.front()->batch->done->set(Wake::deadline);
    outbox_.pop_front();
  }
  if (const ConnectionPtr connection = connection_) {
    connection->sweep(now);  // may close it, and so end up in lost()
  }
  if (connection_ && !outbox_.empty()) flush();
  return in_flight() > 0;
}

std::optional<Taken> Lane::take_over_if_stuck(Deadline now) {
  const ConnectionPtr connection = connection_;
  if (connection == nullptr) return std::nullopt;
  if (now - taken_over_at_ > kLaneCalm) patience_ = kSlow;
  if (!connection->stuck(now, patience_)) return std::nullopt;
  patience_ = std::min(2 * patience_, kMostPatience);
  taken_over_at_ = now;
  Taken taken{connection->tenants_in_front(), connection->cancel_handle()};
  for (const auto& request : std::exchange(outbox_, {})) {
    if (request->batch->done->is_set()) continue;
    request->batch->moved = true;
    request->batch->done->set(Wake::done);
  }
  connected_at_ = {};       // replaced at once, however young it is
  connection->hand_over();  // ends up in lost()
  return taken;
}

void Lane::close() {
  closed_ = true;
  backoff_timer_.cancel();
  if (connection_) connection_->close("the pool was closed");
  fail_outbox("the pool was closed");
}

// ---- the connection ----------------------------------------------------------------------------

void Lane::start_connecting(bool pause_first) {
  if (connecting_ || closed_) return;
  connecting_ = true;
  asio::co_spawn(reactor_, keep_connecting(shared_from_this(), pause_first), asio::detached);
}

Task<> Lane::pause() {
  backoff_timer_.expires_after(backoff_.next());
  boost::system::error_code ignored;
  co_await backoff_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Task<> Lane::keep_connecting(std::shared_ptr<Lane> self, bool pause_first) {
  if (pause_first) co_await self->pause();
  while (!self->closed_) {
    ConnectionPtr connection;
    std::string why;
    try {
      connection = co_await connect(self->reactor_, self->params_, self->connect_timeout_,
                                    self->prepared_bound_);
    } catch (const Failure& failure) {
      why = failure.log_detail();
    }
    if (connection) {
      self->connecting_ = false;
      self->connected_to(connection);
      co_return;
    }
    if (!std::exchange(self->down_, true)) {
      log::warning("a database lane cannot connect", {{"why", why}});
    }
    self->fail_outbox("PostgreSQL is away");
    co_await self->pause();
  }
  self->connecting_ = false;
}

void Lane::connected_to(const ConnectionPtr& connection) {
  if (closed_) return;
  backoff_.reset();
  down_ = false;
  ++connects_;
  connected_at_ = std::chrono::steady_clock::now();
  connection_ = connection;  // the argument keeps it alive if it is lost at once
  connection->start(true, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->lost();
  });
  if (connection_ && !outbox_.empty()) post_flush();
}

void Lane::lost() {
  if (!connection_) return;
  prepared_before_ += connection_->prepared_count();
  connection_ = nullptr;
  // What was in flight has failed. Other reads may come before it is back: they wait in the outbox.
  start_connecting(std::chrono::steady_clock::now() - connected_at_ < kShortLife);
}

bool Lane::worn_out() const {
  return connection_->tenants_touched() > tenant_bound_;
}

// ---- sending -----------------------------------------------------------------------------------

void Lane::post_flush() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(reactor_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Lane::flush() {
  while (connection_ && !outbox_.empty()) {
    if (worn_out()) {
      // A backend keeps memory for every tenant it has touched. The sweep comes back here until
      // the reads in flight are done.
      if (connection_->quiet()) connection_->close("it has served its number of tenants");
      return;
    }
    send_segment();
  }
}

void Lane::send_segment() {
  const ConnectionPtr connection = connection_;
  connection->drop_evicted();
  // Ends the segment for the connection; each read is done with its own answer.
  const auto segment = std::make_shared<Batch>();
  TenantNumber role = 0;
  std::size_t reads = 0;
  bool alone = false;
  while (!outbox_.empty() && reads < kSegmentReads && !alone) {
    const std::shared_ptr<LaneRequest> request = outbox_.front();
    if (request->alone && reads > 0) break;
    outbox_.pop_front();
    if (request->batch->done->is_set()) continue;  // given up while it waited here
    alone = request->alone;
    segment->deadline = request->batch->deadline;
    if (std::exchange(role, request->number) != request->number) {
      connection->add(request->batch, Command::role, request->tenant.role().c_str());
    }
    connection->add(request->batch, {request->number, &request->tenant}, request->statement, true,
                    true);
    ++reads;
  }
  if (reads > 0) connection->sync(segment);
}

}  // namespace wardbook::db::detail

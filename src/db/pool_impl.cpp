#include "db/pool_impl.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "base/log.h"

namespace wardbook::db::detail {
namespace {

namespace asio = boost::asio;

Failure failure_of(Code code, std::string detail) {
  Failure failure(code, {}, std::move(detail));
  failure.retry_after(1);
  return failure;
}

/// Control transactions that do not come away from a tenant's tables, beyond that tenant's share.
constexpr std::size_t kStuck = 2;

std::size_t at_least_one(std::size_t number) {
  return std::max<std::size_t>(1, number);
}

std::size_t tenant_bound(const PoolOptions& options) {
  const std::size_t half = options.connections / 2;
  return at_least_one(options.tenant_connections == 0
                          ? half
                          : std::min(options.tenant_connections, options.connections));
}

}  // namespace

PoolImpl::PoolImpl(asio::io_context& io, PoolOptions pool_options)
    : reactor(io),
      options(std::move(pool_options)),
      params(session_params(options, true)),
      tenants_group(at_least_one(options.connections), true),
      control_group(at_least_one(options.control_connections)),
      batches_group(at_least_one(options.batch_connections)),
      jobs_group(at_least_one(options.job_connections)),
      stuck_group(kStuck),
      most_open(tenants_group.most + control_group.most + batches_group.most + jobs_group.most +
                stuck_group.most),
      sweep_timer_(io),
      backoff_timer_(io) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.lanes); ++i) {
    lanes.push_back(std::make_shared<Lane>(io, options, params));
  }
}

PoolImpl::~PoolImpl() {
  // Only when the reactor was destroyed first: whoever waits here goes with it.
  for (const auto& acquire : granted) acquire->done->drop();
  for (ShareGroup* group : groups()) {
    for (const auto& acquire : group->take_waiting()) acquire->done->drop();
  }
}

std::array<ShareGroup*, 4> PoolImpl::groups() {
  return {&control_group, &batches_group, &jobs_group, &tenants_group};
}

Share& PoolImpl::share_of(const TenantId& tenant) {
  const auto [place, is_new] =
      shares.try_emplace(tenant.str(), tenants_group, tenant_bound(options));
  if (is_new) {
    by_number_.push_back(&place->second);
    place->second.tenant = tenant;
    place->second.number = static_cast<TenantNumber>(by_number_.size());
  }
  return place->second;
}

const std::optional<TenantId>& PoolImpl::tenant_of(TenantNumber number) const {
  static const std::optional<TenantId> none;
  return number == 0 || number > by_number_.size() ? none : by_number_[number - 1]->tenant;
}

Lane& PoolImpl::lane_for(TenantNumber tenant) {
  const auto& own = lanes[tenant % lanes.size()];
  if (own->connected()) return *own;
  const auto there =
      std::ranges::find_if(lanes, [](const auto& lane) { return lane->connected(); });
  return there == lanes.end() || (*there)->full() ? *own : **there;
}

// ---- handing out -------------------------------------------------------------------------------

ConnectionPtr PoolImpl::take_idle(Share& share) {
  // One that knows the tenant has its statements prepared; else the warmest.
  auto chosen = std::ranges::find_if(idle.rbegin(), idle.rend(), [&](const ConnectionPtr& one) {
    return one->has_touched(share.number);
  });
  if (chosen == idle.rend()) chosen = idle.rbegin();
  ConnectionPtr connection = *chosen;
  idle.erase(std::next(chosen).base());
  connection->holder = &share;
  return connection;
}

Task<ConnectionPtr> PoolImpl::acquire(Share& share) {
  if (closed) throw failure_of(Code::database_unavailable, "the pool is closed");
  const bool at_once = share.waiting.empty() && share.may_take();
  if (at_once && granted.empty() && !idle.empty()) {
    share.take();
    co_return take_idle(share);
  }
  if (down_) throw failure_of(Code::database_unavailable, "PostgreSQL is away");
  const std::size_t most_waiting = share.group.even ? options.tenant_waiters : options.waiters;
  if (!at_once &&
      (share.waiting.size() >= most_waiting || share.group.waiting >= options.waiters)) {
    ++turned_away;
    throw failure_of(Code::overloaded, "too many wait for a database connection");
  }
  const auto entry = std::make_shared<Acquire>();
  entry->share = &share;
  entry->deadline = std::chrono::steady_clock::now() + options.acquire_timeout;
  if (at_once) {
    share.take();
    granted.push_back(entry);
    grow();
  } else {
    share.wait(entry);
  }
  arm_sweep();
  const Wake wake = co_await OneShot::wait(entry->done);
  if (wake == Wake::cancelled) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (wake == Wake::deadline) {
    ++turned_away;
    throw failure_of(open.empty() ? Code::database_unavailable : Code::overloaded,
                     "no database connection came free in time");
  }
  if (entry->failure) throw Failure(*entry->failure);
  co_return entry->connection;
}

/// False where an entry had ended: what it had been granted goes to another one.
bool PoolImpl::give_idle() {
  while (!granted.empty()) {
    const std::shared_ptr<Acquire> next = granted.front();
    if (next->done->is_set()) {  // late or cancelled
      granted.pop_front();
      next->share->give();
      return false;
    }
    if (idle.empty()) return true;
    granted.pop_front();
    next->connection = take_idle(*next->share);
    next->done->set(Wake::done);
  }
  return true;
}

void PoolImpl::hand_out() {
  do {
    for (ShareGroup* group : groups()) {
      while (auto entry = group->next()) granted.push_back(std::move(entry));
    }
  } while (!give_idle());
  grow();
}

void PoolImpl::uncount(Connection& connection) {
  if (connection.holder != nullptr) std::exchange(connection.holder, nullptr)->give();
  if (connection.host != nullptr) --std::exchange(connection.host, nullptr)->guests;
}

void PoolImpl::count(const ConnectionPtr& connection, Share* holder) {
  connection->holder->give();
  holder->take();
  connection->holder = holder;
}

void PoolImpl::turn_to(const ConnectionPtr& connection, Share& tenant) {
  if (connection->holder != &control || tenant.guests == 0) return;
  if (!tenant.may_take()) {
    ++turned_away;
    throw failure_of(Code::overloaded, "too much waits in this tenant's tables");
  }
  count(connection, &tenant);
  hand_out();
}

void PoolImpl::give_back(const ConnectionPtr& connection) {
  if (connection->broken()) return;  // lost() has seen to it
  if (closed || connection->tenants_touched() > options.tenants_per_connection) {
    return connection->close("it has served its number of tenants");
  }
  uncount(*connection);
  idle.push_back(connection);
  hand_out();
}

void PoolImpl::give_up(const ConnectionPtr& connection, bool cancel) {
  if (connection->broken()) return;
  if (closed) return connection->close("the pool was closed");
  asio::co_spawn(reactor, settle(shared_from_this(), connection, cancel), asio::detached);
}

void PoolImpl::cancel(std::shared_ptr<PGcancel> handle) {
  if (handle == nullptr || closed) return;
  if (!canceller_) canceller_ = std::make_unique<asio::thread_pool>(1);
  asio::post(*canceller_, [handle = std::move(handle)] {
    char message[256];
    PQcancel(handle.get(), message, sizeof message);
  });
}

Task<bool> cancel_on(asio::thread_pool& threads, asio::io_context& reactor,
                     std::shared_ptr<PGcancel> handle) {
  const auto done = std::make_shared<OneShot>();
  const auto accepted = std::make_shared<bool>(false);
  asio::post(threads, [done, accepted, handle, &reactor] {
    char message[256];
    *accepted = PQcancel(handle.get(), message, sizeof message) == 1;
    asio::post(reactor, [done] { done->set(Wake::done); });
  });
  const Wake wake = co_await OneShot::wait(done);
  co_return wake == Wake::done&&* accepted;
}

Task<> PoolImpl::settle(std::shared_ptr<PoolImpl> self, ConnectionPtr connection, bool cancel) {
  if (cancel) {
    // The ROLLBACK is sent only when the cancel request has been delivered, which would hit it.
    const std::shared_ptr<PGcancel> handle = connection->cancel_handle();
    if (!self->canceller_) self->canceller_ = std::make_unique<asio::thread_pool>(1);
    bool cancelled = false;
    if (handle != nullptr) {
      cancelled = co_await cancel_on(*self->canceller_, self->reactor, handle);
    }
    if (!cancelled) connection->close("a statement could not be cancelled");
  }
  const auto rollback = std::make_shared<Batch>();
  rollback->deadline = std::chrono::steady_clock::now() + kPatience;
  connection->add(rollback, Command::rollback);
  connection->sync(rollback);
  self->arm_sweep();
  const Wake wake = co_await OneShot::wait(rollback->done);
  if (wake == Wake::done && !rollback->error && connection->idle()) {
    self->give_back(connection);
  } else {
    connection->close("an abandoned transaction did not end");
  }
}

// ---- connecting --------------------------------------------------------------------------------

void PoolImpl::grow() {
  // An attempt may fail before co_spawn returns; from then on the back-off loop makes the attempts.
  while (!closed && !reconnecting_ && connecting < granted.size() &&
         open.size() + connecting < most_open) {
    ++connecting;
    asio::co_spawn(reactor, open_one(shared_from_this()), asio::detached);
  }
}

Task<> PoolImpl::open_one(std::shared_ptr<PoolImpl> self) {
  ConnectionPtr connection;
  std::optional<Failure> failure;
  try {
    connection = co_await connect(self->reactor, self->params, self->options.connect_timeout,
                                  self->options.prepared_per_connection);
  } catch (const Failure& caught) {
    failure = caught;
  }
  --self->connecting;
  if (self->closed) co_return;
  if (connection) {
    self->opened(connection);
  } else {
    self->connect_failed(*failure);
  }
}

void PoolImpl::opened(const ConnectionPtr& connection) {
  if (std::exchange(down_, false)) {
    ++reconnects;
    log::info("connected to PostgreSQL again");
  }
  backoff_.reset();
  open.push_back(connection);
  connection->start(false, [weak = weak_from_this(), raw = connection.get()] {
    if (const auto self = weak.lock()) self->lost(*raw);
  });
  idle.push_back(connection);
  hand_out();
}

void PoolImpl::connect_failed(const Failure& failure) {
  if (open.empty()) {
    if (!std::exchange(down_, true)) {
      log::warning("cannot connect to PostgreSQL", {{"why", failure.log_detail()}});
    }
    fail_waiting(Code::database_unavailable, failure.log_detail());
  }
  if (!std::exchange(reconnecting_, true)) {
    asio::co_spawn(reactor, reconnect(shared_from_this()), asio::detached);
  }
}

Task<> PoolImpl::reconnect(std::shared_ptr<PoolImpl> self) {
  while (!self->closed && (self->down_ || !self->granted.empty())) {
    self->backoff_timer_.expires_after(self->backoff_.next());
    boost::system::error_code ignored;
    co_await self->backoff_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed || self->open.size() >= self->most_open) break;
    ++self->connecting;
    co_await open_one(self);
  }
  self->reconnecting_ = false;
  self->grow();
}

void PoolImpl::lost(Connection& connection) {
  const auto is_it = [&](const ConnectionPtr& other) { return other.get() == &connection; };
  prepared += connection.prepared_count();
  uncount(connection);
  std::erase_if(idle, is_it);
  std::erase_if(open, is_it);
  if (!closed) hand_out();
}

void PoolImpl::fail_waiting(Code code, const std::string& detail) {
  auto all = std::exchange(granted, {});
  for (const auto& entry : all) entry->share->give();
  for (ShareGroup* group : groups()) {
    for (auto& entry : group->take_waiting()) all.push_back(std::move(entry));
  }
  for (const auto& entry : all) {
    entry->failure = failure_of(code, detail);
    entry->done->set(Wake::done);
  }
}

// ---- watching ----------------------------------------------------------------------------------

void PoolImpl::arm_sweep() {
  if (sweeping_ || closed) return;
  sweeping_ = true;
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self) return;
    self->sweeping_ = false;
    if (!error && self->sweep()) self->arm_sweep();
  });
}

bool PoolImpl::sweep() {
  const Deadline now = std::chrono::steady_clock::now();
  bool busy = false;
  for (ShareGroup* group : groups()) {
    group->expire(now);
    busy |= group->waiting > 0;
  }
  const auto ended = [now](const std::shared_ptr<Acquire>& entry) {
    if (entry->deadline <= now) entry->done->set(Wake::deadline);
    if (entry->done->is_set()) entry->share->give();
    return entry->done->is_set();
  };
  if (std::erase_if(granted, ended) > 0) hand_out();
  busy |= !granted.empty();
  take_over(now);
  for (const auto& lane : lanes) busy |= lane->sweep(now);
  relieve_control(now);
  for (const ConnectionPtr& connection : std::vector(open)) {  // closing takes it out
    connection->sweep(now);
    busy |= !connection->quiet();
  }
  return busy;
}

/// Where a read on a lane is slow, those of its segment's tenants go to their own shares and all
/// others to another connection. Reads may run twice, so that nothing of the old one is awaited.
void PoolImpl::take_over(Deadline now) {
  for (const auto& lane : lanes) {
    const auto taken = lane->take_over_if_stuck(now);
    if (!taken) continue;
    ++taken_over;
    for (const TenantNumber number : taken->tenants) by_number_[number - 1]->set_aside();
    cancel(taken->statement);
    log::info("reads were moved off a database lane behind a slow one",
              {{"tenants", taken->tenants.size()}});
  }
}

/// A control transaction that waits in a tenant's tables for too long is counted to that tenant, as
/// far as its share goes, and a few more than that: the connections of the control schema are for
/// all.
void PoolImpl::relieve_control(Deadline now) {
  bool moved = false;
  for (const ConnectionPtr& connection : open) {
    if (connection->holder != &control || !connection->stuck(now, kSlow)) continue;
    const auto tenants = connection->tenants_in_front();
    if (tenants.empty()) continue;
    Share& host = *by_number_[tenants.front() - 1];
    Share* const to = host.may_take() ? &host : &stuck;
    if (!to->may_take()) continue;
    count(connection, to);
    connection->host = &host;
    ++host.guests;
    moved = true;
  }
  if (moved) hand_out();
}

void PoolImpl::close() {
  if (std::exchange(closed, true)) return;
  sweep_timer_.cancel();
  backoff_timer_.cancel();
  fail_waiting(Code::database_unavailable, "the pool is closed");
  for (const auto& lane : lanes) lane->close();
  for (const ConnectionPtr& connection : std::vector(open))
    connection->close("the pool was closed");
  for (const auto& listener : listeners) {
    if (const ConnectionPtr alive = listener.lock()) alive->close("the pool was closed");
  }
  for (const auto& end : std::exchange(on_close, {})) end();
  if (canceller_) canceller_->join();
}

}  // namespace wardbook::db::detail

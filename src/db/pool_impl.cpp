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

}  // namespace

PoolImpl::PoolImpl(asio::io_context& io, PoolOptions pool_options)
    : reactor(io),
      options(std::move(pool_options)),
      params(session_params(options, true)),
      sweep_timer_(io),
      backoff_timer_(io) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.lanes); ++i) {
    lanes.push_back(std::make_shared<Lane>(io, options, params));
  }
}

PoolImpl::~PoolImpl() {
  // Only when the reactor was destroyed first: whoever waits here goes with it.
  for (const auto& acquire : waiting) acquire->done->drop();
}

TenantNumber PoolImpl::number_of(const TenantId& tenant) {
  return numbers_.try_emplace(tenant.str(), static_cast<TenantNumber>(numbers_.size() + 1))
      .first->second;
}

Lane& PoolImpl::lane_for(TenantNumber tenant) {
  const auto& own = lanes[tenant % lanes.size()];
  if (own->connected()) return *own;
  const auto there =
      std::ranges::find_if(lanes, [](const auto& lane) { return lane->connected(); });
  return there == lanes.end() || (*there)->full() ? *own : **there;
}

// ---- handing out -------------------------------------------------------------------------------

Task<ConnectionPtr> PoolImpl::acquire(TenantNumber tenant) {
  if (closed) throw failure_of(Code::database_unavailable, "the pool is closed");
  if (!idle.empty()) {
    // One that knows the tenant has its statements prepared; else the warmest.
    auto chosen = std::ranges::find_if(
        idle.rbegin(), idle.rend(),
        [tenant](const ConnectionPtr& connection) { return connection->has_touched(tenant); });
    if (chosen == idle.rend()) chosen = idle.rbegin();
    ConnectionPtr connection = *chosen;
    idle.erase(std::next(chosen).base());
    co_return connection;
  }
  if (down_) throw failure_of(Code::database_unavailable, "PostgreSQL is away");
  if (waiting.size() >= options.waiters) {
    throw failure_of(Code::overloaded, "too many wait for a database connection");
  }
  const auto entry = std::make_shared<Acquire>();
  entry->deadline = std::chrono::steady_clock::now() + options.acquire_timeout;
  waiting.push_back(entry);
  grow();
  arm_sweep();
  const Wake wake = co_await OneShot::wait(entry->done);
  if (wake == Wake::cancelled) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (wake == Wake::deadline) {
    throw failure_of(open.empty() ? Code::database_unavailable : Code::overloaded,
                     "no database connection came free in time");
  }
  if (entry->failure) throw Failure(*entry->failure);
  co_return entry->connection;
}

void PoolImpl::give_back(const ConnectionPtr& connection) {
  if (connection->broken()) return;  // lost() has seen to it
  if (closed || connection->tenants_touched() > options.tenants_per_connection) {
    return connection->close("it has served its number of tenants");
  }
  while (!waiting.empty()) {
    const std::shared_ptr<Acquire> next = waiting.front();
    waiting.pop_front();
    if (next->done->is_set()) continue;  // late or cancelled
    next->connection = connection;
    next->done->set(Wake::done);
    return;
  }
  idle.push_back(connection);
}

void PoolImpl::give_up(const ConnectionPtr& connection, bool cancel) {
  if (connection->broken()) return;
  if (closed) return connection->close("the pool was closed");
  asio::co_spawn(reactor, settle(shared_from_this(), connection, cancel), asio::detached);
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
  while (!closed && !reconnecting_ && connecting < waiting.size() &&
         open.size() + connecting < options.connections) {
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
    if (const auto self = weak.lock()) self->lost(raw);
  });
  give_back(connection);
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
  while (!self->closed && (self->down_ || !self->waiting.empty())) {
    self->backoff_timer_.expires_after(self->backoff_.next());
    boost::system::error_code ignored;
    co_await self->backoff_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed || self->open.size() >= self->options.connections) break;
    ++self->connecting;
    co_await open_one(self);
  }
  self->reconnecting_ = false;
  self->grow();
}

void PoolImpl::lost(const Connection* connection) {
  const auto is_it = [connection](const ConnectionPtr& other) { return other.get() == connection; };
  prepared += connection->prepared_count();
  std::erase_if(idle, is_it);
  std::erase_if(open, is_it);
  grow();
}

void PoolImpl::fail_waiting(Code code, const std::string& detail) {
  for (const auto& entry : std::exchange(waiting, {})) {
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
  while (!waiting.empty() && waiting.front()->deadline <= now) {
    waiting.front()->done->set(Wake::deadline);
    waiting.pop_front();
  }
  bool busy = !waiting.empty();
  for (const auto& lane : lanes) busy |= lane->sweep(now);
  for (const ConnectionPtr& connection : std::vector(open)) {  // closing takes it out
    connection->sweep(now);
    busy |= !connection->quiet();
  }
  return busy;
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

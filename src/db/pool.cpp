#include "db/pool.h"

#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <utility>

#include "db/pool_impl.h"
#include "db/session.h"

namespace wardbook::db {

using detail::Batch;
using detail::LaneRequest;
using detail::OneShot;
using detail::PoolImpl;
using detail::Session;
using detail::Wake;

// ---- Tx ----------------------------------------------------------------------------------------

Tx::Tx(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Tx::Tx(Tx&&) noexcept = default;
Tx& Tx::operator=(Tx&&) noexcept = default;
Tx::~Tx() = default;

void Tx::enqueue(detail::Statement statement) {
  session_->check_usable();
  session_->queued.push_back(session_->item(std::move(statement)));
}

Task<std::int64_t> Tx::run(detail::Statement statement, detail::RowFn on_row) {
  std::optional<Session::Item> last = session_->item(std::move(statement));
  const detail::BatchPtr batch = co_await session_->run(std::move(last), std::move(on_row), false);
  co_return batch->affected;
}

Task<> Tx::commit() {
  detail::RowFn no_rows;
  co_await session_->run(std::nullopt, std::move(no_rows), true);
  session_->release();
}

void Tx::switch_tenant(const TenantId& tenant) {
  session_->check_usable();
  detail::Share& share = session_->pool->share_of(tenant);
  session_->pool->turn_to(session_->connection, share);
  session_->number = share.number;
  session_->tenant = tenant;
}

void Tx::switch_control() {
  session_->check_usable();
  session_->number = 0;
  session_->tenant.reset();
}

void Tx::statement_timeout(std::chrono::milliseconds timeout) {
  session_->check_usable();
  session_->timeout = timeout;
  session_->own_timeout = true;
}

std::optional<TenantId> Tx::failed_at() const {
  return session_->pool->tenant_of(session_->failed_at);
}

const TenantId& Tx::tenant() const {
  if (!session_->tenant) throw std::logic_error("a control transaction has no tenant");
  return *session_->tenant;
}

// ---- Pool --------------------------------------------------------------------------------------

Pool::Pool(boost::asio::io_context& reactor, PoolOptions options)
    : impl_(std::make_shared<PoolImpl>(reactor, std::move(options))) {}

Pool::~Pool() {
  impl_->close();
}

void Pool::close() {
  impl_->close();
}

Task<Tx> Pool::begin(TenantId tenant) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::ConnectionPtr connection = co_await impl->acquire(impl->share_of(tenant));
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::move(tenant)));
}

Task<Tx> Pool::begin_control() {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::ConnectionPtr connection = co_await impl->acquire(impl->control);
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::nullopt));
}

Task<Tx> Pool::begin_control_for(std::optional<TenantId> tenant) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::Share& share = tenant ? impl->share_of(*tenant) : impl->control;
  detail::ConnectionPtr connection = co_await impl->acquire(share);
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::nullopt));
}

Task<Tx> Pool::begin_batch(TenantId first) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::ConnectionPtr connection = co_await impl->acquire(impl->batches);
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::move(first), true));
}

Task<Tx> Pool::begin_job(TenantId tenant) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::ConnectionPtr connection = co_await impl->acquire(impl->jobs);
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::move(tenant), true));
}

/// A read of a tenant whose reads are not to be on the lanes at present.
Task<std::int64_t> Pool::read_aside(std::shared_ptr<PoolImpl> impl, TenantId tenant,
                                    detail::Statement statement, detail::RowFn on_row) {
  detail::Share& share = impl->share_of(tenant);
  detail::ConnectionPtr connection = co_await impl->acquire(share);
  Session session(impl, std::move(connection), std::move(tenant));
  const detail::Share::ReadAside running(share);
  std::optional<Session::Item> last = session.item(std::move(statement));
  const detail::BatchPtr batch = co_await session.run(std::move(last), std::move(on_row), false);
  co_return batch->affected;
}

Task<std::int64_t> Pool::lane_run(TenantId tenant, detail::Statement statement,
                                  detail::RowFn on_row) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::check(statement, &tenant);
  detail::Share& share = impl->share_of(tenant);
  if (!share.aside &&
      (impl->lane_for(share.number).full() || share.reads >= impl->most_lane_reads())) {
    ++impl->turned_away;
    Failure full(Code::overloaded, {}, "too many reads on a lane");
    throw full.retry_after(1);
  }
  const auto request = std::make_shared<LaneRequest>(
      LaneRequest{std::move(tenant), share.number, std::move(statement), nullptr, false});
  const Deadline deadline =
      std::chrono::steady_clock::now() + impl->options.statement_timeout + detail::kGrace;
  struct Count {
    std::size_t& reads;
    ~Count() { --reads; }
  } const counted{++share.reads};
  // Skipped beside a neighbour that failed, then alone with a plan that a migration made stale.
  constexpr int kAttempts = 3;
  for (int attempt = 1; !share.aside;) {
    struct Leave {
      detail::BatchPtr batch;
      ~Leave() { batch->leave(); }
    } const leave{std::make_shared<Batch>()};
    Batch& batch = *leave.batch;
    batch.on_row = on_row;
    batch.deadline = deadline;
    request->batch = leave.batch;
    impl->lane_for(share.number).submit(request);
    impl->arm_sweep();
    const Wake wake = co_await OneShot::wait(batch.done);
    if (wake == Wake::cancelled) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    if (wake == Wake::deadline) {
      Failure late(Code::timeout, {}, "no answer from PostgreSQL in time");
      throw late.retry_after(1);
    }
    if (batch.moved) continue;
    if (batch.decode_error) std::rethrow_exception(batch.decode_error);
    if (!batch.error && !batch.skipped) co_return batch.affected;
    if (attempt < kAttempts && (!batch.error || batch.error->stale)) {
      request->alone = true;
      ++attempt;
      continue;
    }
    if (!batch.error) throw Failure(Code::internal, {}, "a read alone on its segment was skipped");
    throw_failure(*batch.error);
  }
  co_return co_await read_aside(impl, request->tenant, request->statement, std::move(on_row));
}

Pool::Stats Pool::stats() const {
  Stats stats{};
  stats.open = impl_->open.size();
  stats.busy = impl_->open.size() - impl_->idle.size();
  stats.waiting = impl_->granted.size();
  for (const detail::ShareGroup* group : impl_->groups()) stats.waiting += group->waiting;
  for (const auto& [name, share] : impl_->shares) {
    stats.tenants_waiting += share.waiting.empty() ? 0 : 1;
    stats.tenants_aside += share.aside ? 1 : 0;
  }
  stats.turned_away = impl_->turned_away;
  stats.taken_over = impl_->taken_over;
  stats.reconnects = impl_->reconnects;
  stats.prepared = impl_->prepared;
  for (const auto& connection : impl_->open) stats.prepared += connection->prepared_count();
  for (const auto& lane : impl_->lanes) {
    stats.open += lane->connected() ? 1 : 0;
    stats.lane_in_flight += lane->in_flight();
    stats.reconnects += lane->reconnects();
    stats.prepared += lane->prepared();
  }
  return stats;
}

}  // namespace wardbook::db

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
  session_->number = session_->pool->number_of(tenant);
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
  detail::ConnectionPtr connection = co_await impl->acquire(impl->number_of(tenant));
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::move(tenant)));
}

Task<Tx> Pool::begin_control() {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::ConnectionPtr connection = co_await impl->acquire(0);
  co_return Tx(std::make_unique<Session>(impl, std::move(connection), std::nullopt));
}

Task<std::int64_t> Pool::lane_run(TenantId tenant, detail::Statement statement,
                                  detail::RowFn on_row) {
  const std::shared_ptr<PoolImpl> impl = impl_;
  detail::check(statement, &tenant);
  const detail::TenantNumber number = impl->number_of(tenant);
  detail::Lane& lane = impl->lane_for(number);
  if (lane.full()) {
    Failure full(Code::overloaded, {}, "too many reads on a lane");
    throw full.retry_after(1);
  }
  const auto request = std::make_shared<LaneRequest>(
      LaneRequest{std::move(tenant), number, std::move(statement), nullptr, false});
  const Deadline deadline =
      std::chrono::steady_clock::now() + impl->options.statement_timeout + detail::kGrace;
  // Skipped beside a neighbour that failed, then alone with a plan that a migration made stale.
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    struct Leave {
      detail::BatchPtr batch;
      ~Leave() { batch->leave(); }
    } const leave{std::make_shared<Batch>()};
    Batch& batch = *leave.batch;
    batch.on_row = on_row;
    batch.deadline = deadline;
    request->batch = leave.batch;
    lane.submit(request);
    impl->arm_sweep();
    const Wake wake = co_await OneShot::wait(batch.done);
    if (wake == Wake::cancelled) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    if (wake == Wake::deadline) {
      Failure late(Code::timeout, {}, "no answer from PostgreSQL in time");
      throw late.retry_after(1);
    }
    if (batch.decode_error) std::rethrow_exception(batch.decode_error);
    if (!batch.error && !batch.skipped) co_return batch.affected;
    if (attempt < kAttempts && (!batch.error || batch.error->stale)) {
      request->alone = true;
      continue;
    }
    if (!batch.error) throw Failure(Code::internal, {}, "a read alone on its segment was skipped");
    throw_failure(*batch.error);
  }
}

Pool::Stats Pool::stats() const {
  Stats stats{};
  stats.open = impl_->open.size();
  stats.busy = impl_->open.size() - impl_->idle.size();
  stats.waiting = impl_->waiting.size();
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

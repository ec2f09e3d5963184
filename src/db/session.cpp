#include "db/session.h"

#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <utility>

namespace wardbook::db::detail {

Session::Session(std::shared_ptr<PoolImpl> pool_impl, ConnectionPtr conn,
                 std::optional<TenantId> owner, bool bounded)
    : pool(std::move(pool_impl)),
      connection(std::move(conn)),
      tenant(std::move(owner)),
      timeout(pool->options.statement_timeout),
      role_command_(bounded ? Command::bounded_role : Command::role) {
  if (tenant) number = pool->share_of(*tenant).number;
}

Session::~Session() {
  release();
}

void Session::release() {
  if (!connection) return;
  const ConnectionPtr returned = std::exchange(connection, nullptr);
  if (running_) {
    running_->leave();
    return pool->give_up(returned, !committing_);
  }
  // Whoever waits for it is resumed first and may send BEGIN behind the ROLLBACK in one flush; the
  // pipeline keeps the order.
  pool->give_back(returned);
  if (sent_ && !ended_) {
    returned->roll_back();
    pool->arm_sweep();
  }
}

void Session::check_usable() const {
  if (running_) throw std::logic_error("a transaction runs one statement at a time");
  if (ended_) throw std::logic_error("the transaction has been committed");
  if (failed_) throw Failure(Code::internal, {}, "a statement after one that failed");
}

Session::Item Session::item(Statement statement) const {
  check(statement, tenant ? &*tenant : nullptr);
  return {std::move(statement), tenant, number};
}

void Session::add_role(const BatchPtr& batch, const Item& item) {
  if (item.number == role_) return;
  role_ = item.number;
  const std::string role = item.tenant ? item.tenant->role() : "none";
  connection->add(batch, role_command_, role.c_str(), item.number);
}

BatchPtr Session::send(const Item* last, RowFn on_row, bool commit) {
  auto batch = std::make_shared<Batch>();
  batch->deadline = std::chrono::steady_clock::now() + timeout + kGrace;
  batch->on_row = std::move(on_row);
  if (!begun_) {
    connection->drop_evicted();
    connection->add(batch, Command::begin);
    role_ = 0;
  }
  sent_ = true;
  if (own_timeout) {
    connection->add(batch, Command::statement_timeout, std::to_string(timeout.count()).c_str());
  }
  for (const Item& item : queued) {
    add_role(batch, item);
    connection->add(batch, {item.number, item.tenant ? &*item.tenant : nullptr}, item.statement,
                    false);
  }
  if (last != nullptr) {
    add_role(batch, *last);
    connection->add(batch, {last->number, last->tenant ? &*last->tenant : nullptr}, last->statement,
                    true);
  }
  if (commit) connection->add(batch, Command::commit);
  connection->sync(batch);
  pool->arm_sweep();
  return batch;
}

void Session::take_outcome(Batch& batch, Wake wake) {
  if (wake != Wake::done) {
    batch.leave();  // running_ stays: the connection is not at rest
    failed_ = true;
    if (wake == Wake::cancelled) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    Failure late(Code::timeout, {}, "no answer from PostgreSQL in time");
    throw late.retry_after(1);
  }
  running_ = nullptr;
  if (batch.error) {
    failed_ = true;
    failed_at = batch.error->tenant;
    throw_failure(*batch.error);
  }
  if (batch.skipped) {  // behind something that was not ours
    failed_ = true;
    throw_failure(PgError::lost("the connection was not at rest"));
  }
  begun_ = true;
  own_timeout = false;
  queued.clear();
  if (batch.decode_error) std::rethrow_exception(batch.decode_error);
  if (!committing_) return;
  if (!batch.committed) {
    failed_ = true;
    throw Failure(Code::internal, {}, "COMMIT was answered by another command");
  }
  ended_ = true;
}

Task<BatchPtr> Session::run(std::optional<Item> last, RowFn on_row, bool commit) {
  check_usable();
  committing_ = commit;
  const bool repeatable = !begun_;
  for (bool first = true;; first = false) {
    running_ = send(last ? &*last : nullptr, on_row, commit);
    // Whatever ends this frame, the answer must not be written into it any more.
    struct Leave {
      BatchPtr batch;
      ~Leave() { batch->leave(); }
    } const leave{running_};
    const Wake wake = co_await OneShot::wait(leave.batch->done);
    const bool stale = wake == Wake::done && leave.batch->error && leave.batch->error->stale;
    if (stale && first && repeatable) {
      connection->roll_back();
      continue;
    }
    take_outcome(*leave.batch, wake);
    co_return leave.batch;
  }
}

}  // namespace wardbook::db::detail

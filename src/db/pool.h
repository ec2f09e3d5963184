#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/ids.h"
#include "base/task.h"
#include "db/query.h"

namespace wardbook::db {

/// No tenant can use up what the others need. What a reactor has is divided by the kind of work,
/// each kind with connections that no other takes:
///
/// - `connections`: for `begin`, divided further into shares of the tenants. A tenant holds at most
///   `tenant_connections` of them, and takes another one only while it holds fewer than are left:
///   of eight the first that is stuck holds four, the second two, and the third one, so that one is
///   left. Beyond its share a tenant waits, at most `tenant_waiters` deep and for
///   `acquire_timeout`, then fails with overloaded; connections that come free go round the tenants
///   that wait.
/// - `control_connections`: for `begin_control`. Where such a transaction waits in the tables of a
///   tenant (a sign-in's entry in its audit log) it is counted to that tenant after a quarter of a
///   second; while that lasts others that turn to this tenant go to its share, or fail with
///   overloaded.
/// - `batch_connections`, `job_connections`: for `begin_batch` and `begin_job`; a lock ends these
///   after a quarter of a second (Blocked).
///
/// A tenant fills at most half of a lane. Where no answer comes on a lane for a quarter of a
/// second, its reads are sent again on another connection; those of the tenants that may be the
/// cause go to these tenants' shares of `connections` until they are quick again.
struct PoolOptions {
  std::string conninfo;                ///< libpq connection string of the service's own login
  std::size_t connections = 8;         ///< exclusive ones, for `begin`
  std::size_t tenant_connections = 0;  ///< the most that one tenant holds; 0: half
  std::size_t control_connections = 4;
  std::size_t batch_connections = 3;
  std::size_t job_connections = 2;
  std::size_t lanes = 2;             ///< shared pipelined ones, for `read`
  std::size_t waiters = 1024;        ///< queued of each kind; `overloaded` beyond
  std::size_t tenant_waiters = 512;  ///< queued `begin`s of one tenant
  std::size_t lane_depth = 1024;     ///< statements in flight on one lane; `overloaded` beyond
  std::chrono::milliseconds acquire_timeout{3'000};
  std::chrono::milliseconds statement_timeout{5'000};  ///< also PostgreSQL's own, per session
  std::chrono::milliseconds connect_timeout{3'000};
  std::size_t prepared_per_connection = 2'000;  ///< LRU bound of the (tenant, query) cache
  std::size_t tenants_per_connection = 1'000;   ///< recycled after it has touched that many
};

namespace detail {
struct Session;
struct PoolImpl;
struct Statement {
  const QueryText* query;
  std::vector<Param> params;
};
using RowFn = std::function<void(const RowView&)>;
}  // namespace detail

/// A transaction on an exclusive connection. BEGIN and the role go out in the same flush as the
/// first statement. Not committed: rolled back by the pool when the Tx ends. Movable; one coroutine
/// at a time.
///
/// Every statement fails with database_unavailable (connection lost), timeout (statement_timeout or
/// the deadline; the statement is cancelled), conflict (serialization, deadlock), and what the
/// SQLSTATE map says; a constraint's violation is thrown as db::ConstraintViolation.
class Tx {
 public:
  Tx(Tx&&) noexcept;
  Tx& operator=(Tx&&) noexcept;
  ~Tx();

  template <class Row, class... Params, class... Args>
  Task<Row> one(const Query<Row, Params...>& query, Args... args);
  template <class Row, class... Params, class... Args>
  Task<std::optional<Row>> maybe_one(const Query<Row, Params...>& query, Args... args);
  template <class Row, class... Params, class... Args>
  Task<std::vector<Row>> all(const Query<Row, Params...>& query, Args... args);
  /// Rows affected.
  template <class Row, class... Params, class... Args>
  Task<std::int64_t> exec(const Query<Row, Params...>& query, Args... args);
  /// Sends the statement with the next flush and drops its rows; its error surfaces there. Use it
  /// for what needs no answer before the commit.
  template <class Row, class... Params, class... Args>
  void queue(const Query<Row, Params...>& query, Args... args) {
    static_assert(sizeof...(Params) == sizeof...(Args));
    enqueue({&query, {to_param(Params(std::move(args)))...}});
  }
  /// Changes to another tenant's role for the statements that follow. In a control transaction it
  /// fails with overloaded while others of them are stuck in that tenant's tables and its own share
  /// is used up.
  void switch_tenant(const TenantId& tenant);
  /// Back to the service's own login and the control schema, for the statements that follow.
  void switch_control();
  /// Another limit than the pool's for the statements that follow (exports, imports). Applies with
  /// the next flush, to this transaction only.
  void statement_timeout(std::chrono::milliseconds timeout);

  /// Everything queued, then COMMIT. When it returns, the transaction is durable.
  Task<> commit();
  /// The tenant whose role is taken; throws std::logic_error on a control transaction.
  [[nodiscard]] const TenantId& tenant() const;
  /// After a failure that a statement of a tenant, or the change to its role, was answered with.
  [[nodiscard]] std::optional<TenantId> failed_at() const;

 private:
  friend class Pool;
  explicit Tx(std::unique_ptr<detail::Session> session);
  void enqueue(detail::Statement statement);
  Task<std::int64_t> run(detail::Statement statement, detail::RowFn on_row);
  std::unique_ptr<detail::Session> session_;
};

/// Thrown for SQLSTATE class 23 (and our own triggers' WB class): the caller knows what it means.
class ConstraintViolation : public Failure {
 public:
  ConstraintViolation(std::string sqlstate, std::string constraint, std::string table);
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }
  [[nodiscard]] const std::string& constraint() const { return constraint_; }

 private:
  std::string sqlstate_;
  std::string constraint_;
};

class Listening;  // db/listen.h
/// Thrown where a lock was waited for in vain (SQLSTATE 55P03), which `begin_batch` and `begin_job`
/// do for a quarter of a second only.
class Blocked : public Failure {
 public:
  explicit Blocked(std::string_view query);
};

/// The service's connections on one reactor, which must outlive it. Reconnects with back-off when
/// PostgreSQL goes away; meanwhile requests fail with database_unavailable at once or after
/// acquire_timeout.
class Pool {
 public:
  Pool(boost::asio::io_context& reactor, PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The only door to a tenant's data: a transaction under that tenant's role.
  /// Fails with database_unavailable, overloaded.
  [[nodiscard]] Task<Tx> begin(TenantId tenant);
  /// A transaction on the control schema `wardbook`, under the service's login, which has no rights
  /// on any tenant's schema.
  [[nodiscard]] Task<Tx> begin_control();
  /// The same, counted to the share of the tenant that it is done for; without one as
  /// begin_control. For what takes long or is asked for often, and for what knows beforehand whose
  /// it is.
  [[nodiscard]] Task<Tx> begin_control_for(std::optional<TenantId> tenant);
  /// A transaction that writes for many tenants in turn (the audit log's). It never waits behind
  /// tenants' own work; a lock on a tenant's table ends it as Blocked, and Tx::failed_at names the
  /// tenant.
  [[nodiscard]] Task<Tx> begin_batch(TenantId first);
  /// A transaction of a job that goes over all tenants: not in the tenant's share, and Blocked
  /// where it would have to wait, so that the job can go on with the next one.
  [[nodiscard]] Task<Tx> begin_job(TenantId tenant);

  /// One short read of a tenant's data, on a shared lane: role and statement in one pipeline beside
  /// other requests'. Nothing slow: neighbours wait behind it for a quarter of a second, and the
  /// tenant's reads go without the lane then. It may run twice. The deadline abandons the answer.
  template <class Row, class... Params, class... Args>
  Task<std::optional<Row>> read_maybe_one(TenantId tenant, const Query<Row, Params...>& query,
                                          Args... args);
  template <class Row, class... Params, class... Args>
  Task<std::vector<Row>> read_all(TenantId tenant, const Query<Row, Params...>& query,
                                  Args... args);

  /// Keeps a connection of its own beside the pool's, which LISTENs on `channel`, and gives it to
  /// `serve`. Whenever `serve` throws, which it does when the connection fails it, there is a new
  /// connection after a pause, and `serve` begins anew: it may have missed anything. Ends when
  /// `serve` returns or the pool does.
  [[nodiscard]] Task<> listen(std::string channel, std::function<Task<>(Listening&)> serve);

  struct Stats {
    std::size_t open, busy, waiting, lane_in_flight;
    std::uint64_t reconnects, prepared;
    std::size_t tenants_waiting;  ///< that have work waiting for their share
    std::size_t tenants_aside;    ///< whose reads are off the lanes
    std::uint64_t turned_away;    ///< `overloaded`
    std::uint64_t taken_over;     ///< lanes, from behind a slow read
  };
  [[nodiscard]] Stats stats() const;
  /// Ends all connections; pending work fails.
  void close();

 private:
  static Task<std::int64_t> read_aside(std::shared_ptr<detail::PoolImpl> impl, TenantId tenant,
                                       detail::Statement statement, detail::RowFn on_row);
  Task<std::int64_t> lane_run(TenantId tenant, detail::Statement statement, detail::RowFn on_row);
  std::shared_ptr<detail::PoolImpl> impl_;
};

// ---- templates ---------------------------------------------------------------------------------

template <class Row, class... Params, class... Args>
Task<std::optional<Row>> Tx::maybe_one(const Query<Row, Params...>& query, Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  std::optional<Row> found;
  detail::RowFn on_row = [&found](const RowView& row) {
    if (!found) found.emplace(Row::from_row(row));
  };
  co_await run(std::move(statement), std::move(on_row));
  co_return found;
}

template <class Row, class... Params, class... Args>
Task<Row> Tx::one(const Query<Row, Params...>& query, Args... args) {
  std::optional<Row> found = co_await maybe_one(query, std::move(args)...);
  if (!found) throw Failure(Code::internal, {}, std::string("no row from ") + query.name);
  co_return std::move(*found);
}

template <class Row, class... Params, class... Args>
Task<std::vector<Row>> Tx::all(const Query<Row, Params...>& query, Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  std::vector<Row> rows;
  detail::RowFn on_row = [&rows](const RowView& row) { rows.push_back(Row::from_row(row)); };
  co_await run(std::move(statement), std::move(on_row));
  co_return rows;
}

template <class Row, class... Params, class... Args>
Task<std::int64_t> Tx::exec(const Query<Row, Params...>& query, Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  detail::RowFn ignore;
  co_return co_await run(std::move(statement), std::move(ignore));
}

template <class Row, class... Params, class... Args>
Task<std::optional<Row>> Pool::read_maybe_one(TenantId tenant, const Query<Row, Params...>& query,
                                              Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  std::optional<Row> found;
  detail::RowFn on_row = [&found](const RowView& row) {
    if (!found) found.emplace(Row::from_row(row));
  };
  co_await lane_run(std::move(tenant), std::move(statement), std::move(on_row));
  co_return found;
}

template <class Row, class... Params, class... Args>
Task<std::vector<Row>> Pool::read_all(TenantId tenant, const Query<Row, Params...>& query,
                                      Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  std::vector<Row> rows;
  detail::RowFn on_row = [&rows](const RowView& row) { rows.push_back(Row::from_row(row)); };
  co_await lane_run(std::move(tenant), std::move(statement), std::move(on_row));
  co_return rows;
}

}  // namespace wardbook::db

#pragma once

#include <libpq-fe.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/task.h"
#include "db/conninfo.h"
#include "db/one_shot.h"
#include "db/pool.h"
#include "db/sqlstate.h"
#include "db/statement_cache.h"

namespace wardbook::db::detail {

/// A statement that has not been answered for so long is slow: a lane's other reads are taken away
/// from behind it, and a batch's wait for a lock ends (bounded_role says so to PostgreSQL).
inline constexpr std::chrono::milliseconds kSlow{250};
/// How much longer than PostgreSQL's statement_timeout we wait before we give an answer up.
inline constexpr std::chrono::milliseconds kGrace{1'000};
/// How long a connection may be silent after that before it is closed.
inline constexpr std::chrono::milliseconds kPatience{4'000};

/// What one coroutine waits for: the statements that it sent together, of which at most one gives
/// rows. Shared by the waiter and the connection. A waiter that leaves clears `on_row`, which
/// refers into its frame; the answer is then read and dropped.
struct Batch {
  RowFn on_row;
  std::int64_t affected = 0;
  std::optional<PgError> error;     ///< the first one
  std::exception_ptr decode_error;  ///< thrown by `on_row`
  bool skipped = false;             ///< another batch of the same segment failed first
  bool answered = false;            ///< its rows are there
  bool moved = false;               ///< taken off a connection that does not move: send it again
  bool committed = false;           ///< COMMIT was answered by COMMIT
  bool must_succeed = false;        ///< an error means that the connection is unusable
  Deadline deadline;  ///< of the waiter; never unset, since the sweep stops at the first in time
  std::shared_ptr<OneShot> done = std::make_shared<OneShot>();

  void leave() { on_row = nullptr; }
};
using BatchPtr = std::shared_ptr<Batch>;

/// A tenant as the statements of a segment need it; `id` is null for the control schema.
struct TenantRef {
  TenantNumber number = 0;
  const TenantId* id = nullptr;
};

/// The fixed statements, prepared once when a connection is made.
enum class Command { begin, commit, rollback, role, bounded_role, statement_timeout };

struct Share;

/// One libpq connection in pipeline mode. Statements are added to a segment and `sync` ends it and
/// sends it; answers come in order and finish the batches. Nothing here waits.
/// Everything runs on the reactor's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Takes over an established connection. `on_lost` is called once, when the connection breaks or
  /// is closed.
  Connection(boost::asio::io_context& reactor, PGconn* conn, std::size_t prepared_bound);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `stateless`: no transaction outlives its segment; if one does, the connection is closed.
  void start(bool stateless, std::function<void()> on_lost);
  /// Fails what is in flight with database_unavailable and gives the socket back.
  void close(std::string_view why);
  /// Closes it, and has what was not answered sent again elsewhere (Batch::moved). For statements
  /// that may run twice.
  void hand_over();

  /// Adds to the open segment. An error is kept in `batch`; the rest of the segment is skipped.
  /// `tenant`: on whose account, for PgError.
  void add(const BatchPtr& batch, Command command, const char* argument = nullptr,
           TenantNumber tenant = 0);
  /// With `last`, its rows go to batch->on_row and, in a segment that several batches share, the
  /// batch is done when this has been answered. It has passed `check`.
  void add(const BatchPtr& batch, TenantRef tenant, const Statement& statement, bool last,
           bool shared = false);
  /// Sent as it is, for the few statements that are no constants of ours.
  void add_sql(const BatchPtr& batch, const std::string& sql);
  /// Ends the segment and sends it. `batch` is done when the server has got here.
  void sync(const BatchPtr& batch);
  /// Ends the transaction that is open: together with the next BEGIN if that comes in this turn of
  /// the reactor, else by itself.
  void roll_back();
  /// Deallocates what the cache has dropped, in a segment of its own. Only between segments and
  /// outside of a transaction: inside one that fails it would be skipped.
  void drop_evicted();

  [[nodiscard]] bool broken() const { return conn_ == nullptr; }
  /// Nothing in flight.
  [[nodiscard]] bool quiet() const { return expected_.empty(); }
  /// Quiet, and outside of a transaction.
  [[nodiscard]] bool idle() const;
  /// Statements that have not been answered; without BEGIN, COMMIT, the roles.
  [[nodiscard]] std::size_t in_flight() const { return executes_; }
  [[nodiscard]] std::uint64_t prepared_count() const { return prepared_count_; }
  [[nodiscard]] const StatementCache& cache() const { return cache_; }
  [[nodiscard]] std::size_t tenants_touched() const { return tenants_.size(); }
  [[nodiscard]] bool has_touched(TenantNumber tenant) const { return tenants_.contains(tenant); }

  /// Sets `deadline` on the waits that are late. Closes the connection when the server has not
  /// answered the oldest batch for kPatience beyond its deadline.
  void sweep(Deadline now);
  /// Whether it has been waiting for the same answer for so long; to be called at every sweep,
  /// which it measures by.
  [[nodiscard]] bool stuck(Deadline now, std::chrono::milliseconds limit);
  /// The tenants of the segment whose answers are waited for: the server sends these together, so
  /// that each may be the one that takes long.
  [[nodiscard]] std::vector<TenantNumber> tenants_in_front() const;
  /// Asks the server to cancel what runs; blocks, so call it on another thread. The handle stays
  /// valid when the connection is gone. Null when it is broken already.
  [[nodiscard]] std::shared_ptr<PGcancel> cancel_handle() const;

  std::function<void(std::string_view channel, std::string_view payload)> on_notify;
  /// The pool's: whose share it is counted to while it is in use, and the tenant that it is a guest
  /// of (PoolImpl::relieve_control).
  Share* holder = nullptr;
  Share* host = nullptr;

 private:
  enum class Kind { command, sql, parse, execute, end };
  struct Expected {
    Kind kind;
    BatchPtr batch;
    const char* query;      // its name, for messages
    std::string statement;  // parse, execute: the name in the cache; empty: not cached
    bool reused = false;    // execute: prepared in an earlier segment
    bool last = false;      // execute: its rows are wanted
    bool finishes = false;  // the batch is done with it
    TenantNumber tenant = 0;
  };

  void end_with(std::string_view why, bool moved);
  void prepare_commands();
  void send_rollback();
  void flush_rollback();
  void wait_readable();
  void on_readable();
  void flush();
  void read_results();
  void take(PGresult* result);
  void take_error(Expected& expected, const PGresult* result);
  void take_answer(Expected& expected, const PGresult* result);
  void finish_front();
  void expect(Expected expected);
  void sent(int ok);
  void send_execute(const std::string& name, const Statement& statement);

  boost::asio::posix::stream_descriptor socket_;
  PGconn* conn_;
  StatementCache cache_;
  std::deque<Expected> expected_;
  std::unordered_set<TenantNumber> tenants_;
  std::function<void()> on_lost_;
  std::uint64_t segment_ = 1;
  std::uint64_t prepared_count_ = 0;
  std::size_t executes_ = 0;
  std::uint64_t answers_ = 0;  ///< so far
  struct Watch {               ///< by `stuck`
    bool on = false;
    std::uint64_t answers = 0;
    Deadline since;
  } watch_;
  bool waiting_writable_ = false;
  bool stateless_ = false;
  bool unusable_ = false;
  bool rollback_due_ = false;
};
using ConnectionPtr = std::shared_ptr<Connection>;

/// Connects without blocking, except for the look-up of a host's name.
/// Fails with database_unavailable; log_detail says what libpq said.
Task<ConnectionPtr> connect(boost::asio::io_context& reactor, ConnectParams params,
                            std::chrono::milliseconds timeout, std::size_t prepared_bound);

/// Throws before anything has been sent: bad_request for NUL in a text, which PostgreSQL's texts
/// cannot hold (libpq would cut the value there); internal for a tenant's statement without one.
void check(const Statement& statement, const TenantId* tenant);

/// `"name"`, for a place in SQL where an identifier stands.
[[nodiscard]] std::string quoted(const TenantId& tenant);

}  // namespace wardbook::db::detail

#pragma once

#include <optional>
#include <set>

#include "api/idempotency.h"
#include "api/request.h"
#include "db/pool.h"

namespace wardbook::audit {
struct Entry;  // features/audit/audit.h; handlers fill it in, here it is only passed on
}

namespace wardbook::api {

/// Where the entries of changes go: the audit log, handed in by the features.
class Journal {
 public:
  /// Queues the entry into the change's own transaction: into the log of the tenant whose role is
  /// in force, or (nullopt) the platform's, under the service's own.
  virtual void enter(db::Tx& tx, const std::optional<TenantId>& tenant, const Actor& actor,
                     audit::Entry&& entry) = 0;
  /// The tenant has a new entry, which waits to be sealed.
  virtual void committed(const TenantId& tenant) = 0;

 protected:
  ~Journal() = default;
};

/// The unit of work of a request that changes something: one transaction with the caller's tenant's
/// role, its Idempotency-Key, its audit entries and its answer, which commit together or not at
/// all. Of a caller without a tenant (an operator): a transaction on the control schema, whose
/// entries go to the platform's log.
///
///     api::Write w = co_await api::write(app, req);
///     if (w.replayed()) co_return w.replay();
///     …                                            // rules and queries on w.tx()
///     w.log({.action = "patient.update", …});
///     co_return co_await w.commit(api::ok(json).etag(version));
///
/// Without a commit everything is rolled back when it ends. Movable; one coroutine at a time.
class Write {
 public:
  /// The request with this Idempotency-Key was answered before; nothing else may be called then.
  [[nodiscard]] bool replayed() const { return replay_.has_value(); }
  /// That answer.
  [[nodiscard]] Response replay() { return std::move(*replay_); }

  [[nodiscard]] db::Tx& tx() { return *tx_; }
  [[nodiscard]] const Actor& actor() const { return work_.actor; }
  /// Puts an entry of the caller's into the transaction; leaves the caller's tenant's role in
  /// force.
  void log(audit::Entry&& entry);
  /// The same into the log of another hospital, whose role stays in force, or of the platform.
  void log_in(const std::optional<TenantId>& home, audit::Entry&& entry);
  /// Whose the entries are from here on: of somebody who has just been found to be who he says.
  void act_as(Actor actor) { work_.actor = std::move(actor); }
  /// Keeps the answer under the key, if there is one, with what the request came across (a replay
  /// shows it again), and commits. Returns the answer. What must not be kept (a one-time code, a
  /// presigned URL) the caller puts into the answer afterwards, of a replay too. A change without
  /// an entry is a mistake in the program: std::logic_error.
  [[nodiscard]] Task<Response> commit(Response response);
  /// Of work that nobody waits for an answer to.
  [[nodiscard]] Task<> commit();
  /// Where the work itself decides whether it is anything for the log: a try that is only counted,
  /// a job that finds nothing to do.
  [[nodiscard]] Task<> commit_logged_or_not();

 private:
  /// What is taken from the request.
  struct Work {
    std::optional<TenantId> tenant;
    Actor actor;
    std::optional<IdempotencyKey> key;
    Looks* looks = nullptr;
  };
  friend Task<Write> write_for(db::Pool& pool, Journal& journal, const Request& request);
  friend Task<Write> write_as(db::Pool& pool, Journal& journal, std::optional<TenantId> tenant,
                              Actor actor);
  friend Write write_over(Journal& journal, db::Tx tx, Actor actor);
  static Work work_of(const Request& request);
  static Task<Write> begin(db::Pool& pool, Journal& journal, Work work);
  Write(Journal& journal, Work work, db::Tx tx)
      : journal_(&journal), work_(std::move(work)), tx_(std::move(tx)) {}

  Journal* journal_;
  Work work_;
  std::optional<db::Tx> tx_;
  std::optional<Response> replay_ = std::nullopt;
  bool logged_ = false;
  std::set<TenantId> homes_;  ///< in whose logs there are entries
};

/// Claims the Idempotency-Key, if the request carries one, in the transaction itself: a duplicate
/// waits until the first one has committed, then has its answer; a first one that fails leaves no
/// claim. Fails with idempotency_key_reused when the key came with another path or body,
/// invalid_parameter when it is not 1 to 255 printable ASCII characters, and as Pool::begin.
[[nodiscard]] Task<Write> write_for(db::Pool& pool, Journal& journal, const Request& request);

/// The same for work without a request (the command line), done as `actor` in a hospital or, for
/// nullopt, on the platform.
[[nodiscard]] Task<Write> write_as(db::Pool& pool, Journal& journal, std::optional<TenantId> tenant,
                                   Actor actor);

/// The same over a transaction that the caller began: signing in and jobs, which decide in whose
/// log
/// (`log_in`) their entries belong while they work. `log` is the platform's.
[[nodiscard]] Write write_over(Journal& journal, db::Tx tx, Actor actor);

/// What handlers call. `AnyApp` is App, which this layer does not know.
template <class AnyApp>
[[nodiscard]] Task<Write> write(AnyApp& app, const Request& request) {
  return write_for(app.db, app.audit, request);
}

}  // namespace wardbook::api

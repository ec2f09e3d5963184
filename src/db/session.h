#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "db/pool_impl.h"

namespace wardbook::db::detail {

/// A transaction's state on its connection. Ends with it: gives the connection back as it is fit.
struct Session {
  /// A statement, and whose schema and role it is for (none: the control schema).
  struct Item {
    Statement statement;
    std::optional<TenantId> tenant;
    TenantNumber number = 0;
  };

  /// `bounded`: a wait for a lock ends after kSlow.
  Session(std::shared_ptr<PoolImpl> pool_impl, ConnectionPtr conn, std::optional<TenantId> owner,
          bool bounded = false);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Throws where the transaction has failed, has been committed, or has a statement running.
  void check_usable() const;
  [[nodiscard]] Item item(Statement statement) const;
  /// BEGIN if need be, what is queued, `last` if given, COMMIT if wanted: one segment, one flush.
  BatchPtr send(const Item* last, RowFn on_row, bool commit);
  /// `send`, then waits for the answer; once more where a cached plan no longer fitted and nothing
  /// has been answered in this transaction yet. Throws on any error.
  Task<BatchPtr> run(std::optional<Item> last, RowFn on_row, bool commit);
  void release();

  std::shared_ptr<PoolImpl> pool;
  ConnectionPtr connection;
  std::optional<TenantId> tenant;
  TenantNumber number = 0;  ///< of `tenant`
  std::vector<Item> queued;
  std::chrono::milliseconds timeout;  ///< of each statement
  bool own_timeout = false;           ///< to be set with the next flush
  TenantNumber failed_at = 0;         ///< whose statement ended the transaction

 private:
  void add_role(const BatchPtr& batch, const Item& item);
  void take_outcome(Batch& batch, Wake wake);

  TenantNumber role_ = 0;  ///< whose role the server has after what was sent
  const Command role_command_;
  bool begun_ = false;  ///< something has been answered
  bool sent_ = false;   ///< BEGIN is on its way, or further
  bool failed_ = false;
  bool ended_ = false;
  bool committing_ = false;
  BatchPtr running_;
};

}  // namespace wardbook::db::detail

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "db/query.h"

namespace wardbook::db {

/// What PostgreSQL said to a command-line tool, in its own words: it may quote values, so it is for
/// the operator's terminal and never for an HTTP answer.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string sqlstate, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  /// Five characters; empty when the connection could not be made or was lost.
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// A blocking connection for the command line, the migrations and the demo's preparation; never for
/// requests. One thread at a time. Everything throws SqlError.
class SyncConnection {
 public:
  using Row = std::vector<std::optional<std::string>>;
  using Rows = std::vector<Row>;

  /// The session runs in UTC with ISO dates; search_path holds nothing but pg_catalog.
  explicit SyncConnection(const std::string& conninfo, const char* application_name = "wardbook");
  ~SyncConnection();
  SyncConnection(SyncConnection&&) noexcept;
  SyncConnection& operator=(SyncConnection&&) noexcept;

  /// Several statements at once, without parameters; one transaction unless they say otherwise.
  void script(const std::string& sql);
  Rows query(const std::string& sql, const std::vector<Param>& params = {});
  /// The first column of the first row; nullopt without a row, or for NULL.
  std::optional<std::string> value(const std::string& sql, const std::vector<Param>& params = {});
  /// Rows affected.
  std::int64_t exec(const std::string& sql, const std::vector<Param>& params = {});
  /// `COPY … FROM STDIN` with all of its data.
  void copy_in(const std::string& copy_sql, std::string_view data);

  /// `"name"` and `'text'`.
  [[nodiscard]] std::string identifier(std::string_view name) const;
  [[nodiscard]] std::string literal(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// BEGIN now; ROLLBACK at the end of the scope unless `commit` was called.
class SyncTransaction {
 public:
  explicit SyncTransaction(SyncConnection& connection) : connection_(connection) {
    connection_.script("BEGIN");
  }
  ~SyncTransaction();
  SyncTransaction(const SyncTransaction&) = delete;
  SyncTransaction& operator=(const SyncTransaction&) = delete;
  void commit() {
    connection_.script("COMMIT");
    open_ = false;
  }

 private:
  SyncConnection& connection_;
  bool open_ = true;
};

}  // namespace wardbook::db

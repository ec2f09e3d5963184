#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "db/pool.h"

namespace wardbook::db {

namespace detail {
struct Listener;
}  // namespace detail

/// A connection that listens (Pool::listen), under the service's login. Its holder reads on it and
/// waits for notifications in between; so a connection that hangs shows by the next read. Anybody
/// who can reach the database can notify: a notification says when to look, never what is there.
/// One coroutine at a time, but for `wake`.
class Listening {
 public:
  /// One read, which sees all that was committed before it began. A connection that has not
  /// answered within `patience` is closed. Fails with database_unavailable and as Tx does; the
  /// holder lets it pass, and comes to a new connection.
  template <class Row, class... Params, class... Args>
  Task<std::vector<Row>> all(std::chrono::milliseconds patience, const Query<Row, Params...>& query,
                             Args... args);
  /// Until somebody has notified or `wake` was called since the last wait, or `most` has passed;
  /// but for `least` at any rate, so that no flood of notifications makes the holder read without
  /// a pause. Fails with database_unavailable when the connection is lost.
  Task<> wait(std::chrono::milliseconds least, std::chrono::milliseconds most);
  /// Ends the wait.
  void wake();
  /// How many notifications have come since the last call.
  [[nodiscard]] std::uint64_t take_heard();
  /// Stops listening, or begins again. It listens at first.
  Task<> hear(bool on, std::chrono::milliseconds patience);

 private:
  friend class Pool;
  explicit Listening(std::shared_ptr<detail::Listener> listener);
  Task<> run(std::chrono::milliseconds patience, detail::Statement statement, detail::RowFn on_row);
  std::shared_ptr<detail::Listener> listener_;
};

template <class Row, class... Params, class... Args>
Task<std::vector<Row>> Listening::all(std::chrono::milliseconds patience,
                                      const Query<Row, Params...>& query, Args... args) {
  static_assert(sizeof...(Params) == sizeof...(Args));
  detail::Statement statement{&query, {}};
  statement.params = {to_param(Params(std::move(args)))...};
  std::vector<Row> rows;
  detail::RowFn on_row = [&rows](const RowView& row) { rows.push_back(Row::from_row(row)); };
  co_await run(patience, std::move(statement), std::move(on_row));
  co_return rows;
}

}  // namespace wardbook::db

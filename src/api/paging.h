#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "base/clock.h"

namespace wardbook::api {

inline constexpr int kDefaultLimit = 50;
inline constexpr int kMaxLimit = 200;

/// What a value of a cursor must look like: one that an earlier version of the program gave out
/// must not be a fault of the database. Dates and times are PostgreSQL's text, `infinity` included.
enum class CursorValue { text, integer, integer_or_empty, date, time };

/// Reads query parameters and gathers every fault; `finish` throws them as one invalid_parameter
/// (400) with `errors[].pointer` = "?name". Parameters nobody asked for are faults too.
class Params {
 public:
  explicit Params(const Request& request) : request_(request) {}

  /// At most `max` characters, none of them control.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t max = 200);
  /// The same of what somebody types to find something: a tab in it is a blank.
  [[nodiscard]] std::optional<std::string> typed(std::string_view name, std::size_t max = 200);
  /// As it was sent; whoever takes it checks it.
  [[nodiscard]] std::optional<std::string> unchecked(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most);
  [[nodiscard]] std::optional<std::string> one_of(std::string_view name,
                                                  const std::vector<std::string_view>& allowed);
  /// A date, or a time: as text for PostgreSQL (`2026-03-04` or RFC 3339), checked.
  [[nodiscard]] std::optional<std::string> date_or_time(std::string_view name);
  [[nodiscard]] std::optional<Date> date(std::string_view name);
  [[nodiscard]] int limit();
  /// `count=exact`.
  [[nodiscard]] bool count_exact();
  /// The first fault of a parameter stands: what else is said of it may follow from that.
  void fault(std::string_view name, std::string message);
  void finish();

 private:
  [[nodiscard]] std::optional<std::string_view> take(std::string_view name);
  [[nodiscard]] std::optional<std::string> checked(std::string_view name, std::string value,
                                                   std::size_t max);
  const Request& request_;
  std::vector<std::string> known_;
  std::vector<Fault> faults_;
};

/// Request::cursor_secret, from the service's secret.
[[nodiscard]] std::string cursor_secret(std::string_view token_secret);

/// Which cursors a request may use and is given: those of one account in one hospital, of one path,
/// one list and order, and one set of filters. A key of its own, so that a cursor cannot be made
/// without the service's secret, nor be used anywhere else. Only `cursor_scope` makes one.
class CursorScope {
 private:
  explicit CursorScope(std::string key) : key_(std::move(key)) {}
  friend CursorScope cursor_scope(std::string_view list, const Request& request);
  friend std::string encode_cursor(const CursorScope& scope,
                                   const std::vector<std::string>& values);
  friend std::optional<std::vector<std::string>> decode_cursor(
      Params& params, const Request& request, const CursorScope& scope,
      const std::vector<CursorValue>& kinds);
  std::string key_;
};

/// `list` names the list and its order. The filters are all parameters but `limit`, `cursor`,
/// `count`, `fields` and `sort` (which a list with several orders puts into its name).
[[nodiscard]] CursorScope cursor_scope(std::string_view list, const Request& request);
/// Keyset cursors: the sort key's values of the last row, authenticated, opaque to clients.
[[nodiscard]] std::string encode_cursor(const CursorScope& scope,
                                        const std::vector<std::string>& values);
/// nullopt if the request has no cursor. Fails with invalid_parameter if it is not one of `scope`
/// with such values.
[[nodiscard]] std::optional<std::vector<std::string>> decode_cursor(
    Params& params, const Request& request, const CursorScope& scope,
    const std::vector<CursorValue>& kinds);
/// A value that decode_cursor found to be an integer.
[[nodiscard]] std::int64_t cursor_integer(const std::string& value);

/// What was asked for, for the audit log: a JSON object of all parameters but the cursor; nullopt
/// when there are none. Their lengths are those that the list allows.
[[nodiscard]] std::optional<std::string> filters_json(const Request& request);

/// `{"items": […], "next_cursor": …}`; `items` are JSON texts.
[[nodiscard]] std::string page_json(const std::vector<std::string>& items,
                                    const std::optional<std::string>& next_cursor,
                                    std::optional<std::int64_t> total = std::nullopt);

/// What was asked of a list that goes by one integer of its rows: an id, or a version.
class IntegerPage {
 public:
  /// Takes `limit`, `count` and `cursor`; `params.finish()` throws what is wrong with them. A
  /// cursor is of the list that `scope` names and of the request's filters.
  IntegerPage(Params& params, const Request& request, std::string_view scope);

  [[nodiscard]] bool count() const { return count_; }
  /// The last row's integer of the page before; nullopt on the first page.
  [[nodiscard]] std::optional<std::int64_t> after() const { return after_; }
  /// How many rows to ask for: one more than are answered, which tells whether there is a next
  /// page.
  [[nodiscard]] int wanted() const { return limit_ + 1; }

  /// How many of so many rows are answered.
  [[nodiscard]] std::size_t shown(std::size_t rows) const {
    return std::min(rows, static_cast<std::size_t>(limit_));
  }

  /// The page; `key` gives a row's integer, `to_json` its JSON text.
  template <class Row, class Key, class ToJson>
  [[nodiscard]] std::string json(const std::vector<Row>& rows, Key key, ToJson to_json,
                                 std::optional<std::int64_t> total) const {
    const auto answered = shown(rows.size());
    std::vector<std::string> items;
    for (std::size_t i = 0; i < answered; ++i) items.push_back(to_json(rows[i]));
    std::optional<std::string> next;
    if (rows.size() > answered) {
      next = encode_cursor(scope_, {std::to_string(key(rows[answered - 1]))});
    }
    return page_json(items, next, total);
  }

 private:
  CursorScope scope_;
  int limit_;
  bool count_;
  std::optional<std::int64_t> after_;
};

}  // namespace wardbook::api

#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/columns.h"

namespace wardbook::db {

/// The elements of a text[], in one piece of memory: views into what the array owns.
class TextArray {
 public:
  using Element = std::optional<std::string_view>;
  /// Takes PostgreSQL's text form apart; nullopt if it has not that form.
  [[nodiscard]] static std::optional<TextArray> parse(std::string_view text);

  [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
  [[nodiscard]] const Element& operator[](std::size_t at) const { return elements_.at(at); }
  [[nodiscard]] auto begin() const noexcept { return elements_.begin(); }
  [[nodiscard]] auto end() const noexcept { return elements_.end(); }

 private:
  std::vector<char> memory_;  // moved, it stays where it is
  std::vector<Element> elements_;
};

/// One row of a result, in text format. Valid only while its decoder runs.
class RowView {
 public:
  virtual ~RowView() = default;
  [[nodiscard]] virtual int columns() const = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;

  [[nodiscard]] std::int64_t int64(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] bool boolean(int column) const;
  [[nodiscard]] std::string str(int column) const { return std::string(text(column)); }
  [[nodiscard]] std::optional<std::string> maybe_str(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_int64(int column) const;
  [[nodiscard]] std::optional<double> maybe_real(int column) const;
  /// timestamptz; sessions run with TimeZone=UTC and DateStyle=ISO.
  [[nodiscard]] Time time(int column) const;
  [[nodiscard]] std::optional<Time> maybe_time(int column) const;
  [[nodiscard]] std::optional<Date> maybe_date(int column) const;
  [[nodiscard]] std::string bytes(int column) const;  ///< bytea
  /// The elements of a text[] of any dimensions, the last one running fastest.
  [[nodiscard]] TextArray text_array(int column) const;
  template <class IdType>
  [[nodiscard]] IdType id(int column) const {
    return IdType(int64(column));
  }
  template <class IdType>
  [[nodiscard]] std::optional<IdType> maybe_id(int column) const {
    return is_null(column) ? std::nullopt : std::optional(IdType(int64(column)));
  }
};

/// A Row says how it is read: `static Row from_row(const RowView&)`. void: no rows are expected.
template <class Row>
concept Decodable = requires(const RowView& row) {
  { Row::from_row(row) } -> std::same_as<Row>;
};

/// Rows of one column, for the small queries.
struct Int64Row {
  std::int64_t value;
  static Int64Row from_row(const RowView& r) { return {r.int64(0)}; }
};
struct TextRow {
  std::string value;
  static TextRow from_row(const RowView& r) { return {r.str(0)}; }
};
struct BoolRow {
  bool value;
  static BoolRow from_row(const RowView& r) { return {r.boolean(0)}; }
};

/// Parameters that are wrapped so that their SQL form is clear.
/// Constructors, because g++ 12 destroys an aggregate temporary in a co_await expression twice.
struct Json {
  explicit Json(std::string json) : text(std::move(json)) {}
  std::string text;
};
struct Bytes {
  explicit Bytes(std::string bytes) : raw(std::move(bytes)) {}
  std::string raw;
};

/// A parameter in PostgreSQL's text format; nullopt is NULL.
using Param = std::optional<std::string>;

inline Param to_param(std::string_view v) {
  return std::string(v);
}
inline Param to_param(const std::string& v) {
  return v;
}
inline Param to_param(const char* v) {
  return std::string(v);
}
inline Param to_param(std::same_as<bool> auto v) {
  return v ? "t" : "f";
}
inline Param to_param(std::integral auto v)
  requires(!std::same_as<decltype(v), bool>)
{
  return std::to_string(v);
}
Param to_param(double v);
Param to_param(Time v);
Param to_param(Date v);
inline Param to_param(const Json& v) {
  return v.text;
}
Param to_param(const Bytes& v);
inline Param to_param(const TenantId& v) {
  return v.str();
}
template <class Tag>
Param to_param(Id<Tag> v) {
  return std::to_string(v.value);
}
Param to_param(const std::vector<std::int64_t>& v);
/// text[]; elements may hold anything but NUL.
Param to_param(const std::vector<std::string>& v);
/// text[] with NULLs.
Param to_param(const std::vector<std::optional<std::string>>& v);
inline Param to_param(std::nullopt_t) {
  return std::nullopt;
}
template <class T>
Param to_param(const std::optional<T>& v) {
  return v ? to_param(*v) : Param{};
}

/// A named statement. `{tenant}` in the SQL stands for the quoted schema of the transaction's
/// tenant and can be filled with nothing else. The name feeds metrics and the prepared-statement
/// cache, so it is unique in the program. Every one registers itself when the program starts (they
/// are namespace-scope constants), so that a test can prepare each of them on the migrated schema.
class QueryText {
 public:
  QueryText(const char* query_name, const char* query_sql);
  QueryText(const QueryText&) = delete;
  QueryText& operator=(const QueryText&) = delete;

  const char* const name;
  const char* const sql;
};

/// Every statement of the program, in no particular order.
[[nodiscard]] const std::vector<const QueryText*>& all_queries();

/// What a statement takes and gives: `inline const Query<Record, RecordId> kGet{"records.get",
/// "…"};` Row is void where no rows come back. A Row that lists its columns (`kColumns`,
/// db/columns.h) is held against the statement when it is compiled.
template <class Row, class... Params>
class Query : public QueryText {
 public:
  static_assert(std::is_void_v<Row> || Decodable<Row>);
  Query(const char* query_name, CheckedSql<Row> query_sql)
      : QueryText(query_name, query_sql.text) {}
};

}  // namespace wardbook::db

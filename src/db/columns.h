#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

/// Rows decoded by name, at no cost: a row type lists the columns it reads, the statement is held
/// against that list when it is compiled, and a name becomes its position then too.
namespace wardbook::db {

/// `static constexpr db::Columns kColumns{"id", "name"};` in a row type; `kColumns["name"]` in its
/// decoder. A name that is not in the list does not compile.
template <std::size_t N>
struct Columns {
  std::array<std::string_view, N> names;

  template <class... Name>
  consteval explicit(false) Columns(Name... name) : names{std::string_view(name)...} {}

  [[nodiscard]] consteval int operator[](std::string_view name) const {
    for (std::size_t i = 0; i < N; ++i) {
      if (names[i] == name) return static_cast<int>(i);
    }
    throw "there is no such column in the list";
  }

  /// Whether these columns begin with those of another row, which is then decoded by its own type.
  template <std::size_t M>
  [[nodiscard]] consteval bool begins_with(const Columns<M>& other) const {
    if (M > N) return false;
    for (std::size_t i = 0; i < M && i < N; ++i) {
      if (names[i] != other.names[i]) return false;
    }
    return true;
  }
};
template <class... Name>
Columns(Name...) -> Columns<sizeof...(Name)>;

namespace detail {

constexpr bool blank_character(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

/// Whether `word` stands at `at`, between blanks or parentheses.
constexpr bool keyword_at(std::string_view sql, std::size_t at, std::string_view word) {
  if (sql.substr(at, word.size()) != word) return false;
  const bool begins = at == 0 || blank_character(sql[at - 1]) || sql[at - 1] == ')';
  const std::size_t end = at + word.size();
  return begins && (end == sql.size() || blank_character(sql[end]));
}

/// Behind a quoted string or a group in parentheses or brackets that begins at `at`; else `at`.
constexpr std::size_t behind_group(std::string_view sql, std::size_t at) {
  int depth = 0;
  do {
    const char c = sql[at];
    if (c == '\'') {
      for (++at; at < sql.size() && sql[at] != '\''; ++at) {
      }
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (depth == 0) {
      return at;
    }
    ++at;
  } while (depth > 0 && at < sql.size());
  return at;
}

/// The name of a column of a select list: what follows AS, or what is behind the last dot.
constexpr std::string_view output_name(std::string_view item) {
  while (!item.empty() && blank_character(item.back())) item.remove_suffix(1);
  std::size_t begin = item.size();
  while (begin > 0 && !blank_character(item[begin - 1]) && item[begin - 1] != '.') --begin;
  return item.substr(begin);
}

/// Where the list of the outermost SELECT or RETURNING begins; at the end without one.
constexpr std::size_t list_begin(std::string_view sql) {
  std::size_t found = sql.size();
  for (std::size_t at = 0; at < sql.size();) {
    if (const auto behind = behind_group(sql, at); behind != at) {
      at = behind;
      continue;
    }
    for (const std::string_view word : {"SELECT", "RETURNING"}) {
      if (keyword_at(sql, at, word)) found = at + word.size();
    }
    ++at;
  }
  return found;
}

}  // namespace detail

/// Whether the statement's result has exactly these columns, in this order.
constexpr bool selects(std::string_view sql, std::span<const std::string_view> columns) {
  std::size_t at = detail::list_begin(sql);
  std::size_t begin = at;
  std::size_t count = 0;
  while (true) {
    const bool end = at >= sql.size() || detail::keyword_at(sql, at, "FROM");
    if (end || sql[at] == ',') {
      const auto name = detail::output_name(sql.substr(begin, at - begin));
      if (count >= columns.size() || name != columns[count]) return false;
      ++count;
      if (end) return count == columns.size();
      begin = ++at;
      continue;
    }
    const auto behind = detail::behind_group(sql, at);
    at = behind == at ? at + 1 : behind;
  }
}

/// A statement's text. Where its row type lists its columns, one that has others does not compile.
template <class Row>
struct CheckedSql {
  template <std::size_t N>
  consteval explicit(false) CheckedSql(const char (&literal)[N]) : text(literal) {
    if constexpr (requires { Row::kColumns; }) {
      if (!selects(std::string_view(literal, N - 1), Row::kColumns.names)) {
        throw "the statement does not select the columns that its row type lists";
      }
    }
  }
  const char* text;
};

}  // namespace wardbook::db

#include "db/query.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/failure.h"
#include "base/hash.h"
#include "base/text.h"

namespace wardbook::db {
namespace {

/// A decoder and its statement disagree: a bug of ours, never the client's.
[[noreturn]] void bad_column(int column, const char* wanted) {
  throw Failure(Code::internal, {},
                "column " + std::to_string(column) + " of a row is not " + wanted);
}

std::string_view required(const RowView& row, int column, const char* wanted) {
  if (row.is_null(column)) bad_column(column, wanted);
  return row.text(column);
}

template <class Number>
Number number_at(const RowView& row, int column, const char* wanted) {
  const std::string_view text = required(row, column, wanted);
  const auto value = parse_number<Number>(text);
  if (!value) bad_column(column, wanted);
  return *value;
}

void append_quoted(std::string& out, std::string_view element) {
  out += '"';
  for (const char c : element) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::vector<const QueryText*>& registry() {
  static std::vector<const QueryText*> queries;
  return queries;
}

}  // namespace

std::int64_t RowView::int64(int column) const {
  return number_at<std::int64_t>(*this, column, "an integer");
}

double RowView::real(int column) const {
  return number_at<double>(*this, column, "a number");
}

bool RowView::boolean(int column) const {
  const std::string_view text = required(*this, column, "a boolean");
  if (text == "t") return true;
  if (text != "f") bad_column(column, "a boolean");
  return false;
}

std::optional<std::string> RowView::maybe_str(int column) const {
  if (is_null(column)) return std::nullopt;
  return str(column);
}

std::optional<std::int64_t> RowView::maybe_int64(int column) const {
  if (is_null(column)) return std::nullopt;
  return int64(column);
}

std::optional<double> RowView::maybe_real(int column) const {
  if (is_null(column)) return std::nullopt;
  return real(column);
}

Time RowView::time(int column) const {
  const std::string_view text = required(*this, column, "a time");
  const std::optional<Time> time = parse_rfc3339(pg_time_to_rfc3339(text));
  if (!time) bad_column(column, "a time");
  return *time;
}

std::optional<Time> RowView::maybe_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

std::optional<Date> RowView::maybe_date(int column) const {
  if (is_null(column)) return std::nullopt;
  const std::optional<Date> date = parse_date(text(column));
  if (!date) bad_column(column, "a date");
  return date;
}

std::string RowView::bytes(int column) const {
  const std::string_view text = required(*this, column, "a bytea");
  if (!text.starts_with("\\x")) bad_column(column, "a bytea");
  std::optional<std::string> raw = from_hex(text.substr(2));
  if (!raw) bad_column(column, "a bytea");
  return std::move(*raw);
}

std::optional<TextArray> TextArray::parse(std::string_view text) {
  // An element is bare, or quoted with `\\` before `"` and `\\`; NULL without quotes is none.
  TextArray out;
  out.memory_.resize(text.size());
  out.elements_.reserve(static_cast<std::size_t>(std::ranges::count(text, ',')) + 1);
  char* const memory = out.memory_.data();
  std::size_t used = 0;
  const auto append = [&](std::string_view piece) {
    std::ranges::copy(piece, memory + used);
    used += piece.size();
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '{' || text[at] == '}' || text[at] == ',') {
      ++at;
      continue;
    }
    const std::size_t begun = used;
    const bool quoted = text[at] == '"';
    if (quoted) {
      ++at;
      while (true) {
        const auto plain = std::min(text.find_first_of("\"\\", at), text.size());
        append(text.substr(at, plain - at));
        at = plain;
        if (at < text.size() && text[at] == '"') break;
        if (at + 1 >= text.size()) return std::nullopt;
        append(text.substr(at + 1, 1));
        at += 2;
      }
      ++at;
    } else {
      const auto end = std::min(text.find_first_of(",}", at), text.size());
      append(text.substr(at, end - at));
      at = end;
    }
    const std::string_view element(memory + begun, used - begun);
    out.elements_.push_back(quoted || element != "NULL" ? Element(element) : std::nullopt);
  }
  return out;
}

TextArray RowView::text_array(int column) const {
  auto parsed = TextArray::parse(required(*this, column, "an array"));
  if (!parsed) bad_column(column, "an array");
  return std::move(*parsed);
}

Param to_param(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
  char buffer[32];
  const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), v);
  if (error != std::errc{}) throw Failure(Code::internal, {}, "a number has no text form");
  return std::string(buffer, end);
}

Param to_param(Time v) {
  return format_rfc3339(v);
}
Param to_param(Date v) {
  return format_date(v);
}
Param to_param(const Bytes& v) {
  return "\\x" + to_hex(v.raw);
}

Param to_param(const std::vector<std::int64_t>& v) {
  std::string out = "{";
  for (const std::int64_t element : v) {
    if (out.size() > 1) out += ',';
    out += std::to_string(element);
  }
  out += '}';
  return out;
}

Param to_param(const std::vector<std::string>& v) {
  std::string out = "{";
  for (const std::string& element : v) {
    if (out.size() > 1) out += ',';
    append_quoted(out, element);
  }
  out += '}';
  return out;
}

Param to_param(const std::vector<std::optional<std::string>>& v) {
  std::string out = "{";
  for (const std::optional<std::string>& element : v) {
    if (out.size() > 1) out += ',';
    if (element) {
      append_quoted(out, *element);
    } else {
      out += "NULL";
    }
  }
  out += '}';
  return out;
}

QueryText::QueryText(const char* query_name, const char* query_sql)
    : name(query_name), sql(query_sql) {
  registry().push_back(this);
}

const std::vector<const QueryText*>& all_queries() {
  return registry();
}

}  // namespace wardbook::db

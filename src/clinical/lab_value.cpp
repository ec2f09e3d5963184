#include "clinical/lab_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"
#include "text/key.h"

namespace wardbook::clinical {
namespace {

using Relation = LabValue::Relation;

struct RelationSign {
  std::u32string_view text;
  Relation relation;
};
constexpr std::array kRelationSigns = std::to_array<RelationSign>({
    {U"<=", Relation::at_most},
    {U"=<", Relation::at_most},
    {U">=", Relation::at_least},
    {U"=>", Relation::at_least},
    {U"\u2264", Relation::at_most},
    {U"\u2266", Relation::at_most},
    {U"\u2265", Relation::at_least},
    {U"\u2267", Relation::at_least},
    {U"<", Relation::below},
    {U">", Relation::above},
});

bool blank_point(char32_t point) {
  return point == U' ' || point == U'\t' || point == U'\u00a0' ||
         (point >= U'\u2000' && point <= U'\u200a') || point == U'\u202f' || point == U'\u3000';
}

/// Without what shows nothing, full width made narrow, digits of any script made ours; blanks as
/// one space each, none at the ends.
std::u32string readable(std::string_view written) {
  constexpr std::array<char32_t, 4> kZeros{U'\u0660', U'\u06f0', U'\u0966', U'\u09e6'};
  std::u32string out;
  for (char32_t point : text::points(written)) {
    if (point >= U'\uff01' && point <= U'\uff5e') point -= U'\uff01' - U'!';
    if (point == U'\u2212') point = U'-';
    if (point == U'\u066b') point = U'.';
    for (const char32_t zero : kZeros) {
      if (point >= zero && point < zero + 10) point = U'0' + (point - zero);
    }
    const bool hidden = point == U'\u00ad' || point == U'\ufeff' ||
                        (point >= U'\u200b' && point <= U'\u200f') || point == U'\u2060';
    if (hidden) continue;
    if (!blank_point(point)) {
      out += point;
    } else if (!out.empty() && out.back() != U' ') {
      out += U' ';
    }
  }
  while (!out.empty() && out.back() == U' ') out.pop_back();
  return out;
}

bool ascii_digit(char32_t point) {
  return point >= U'0' && point <= U'9';
}

bool is_grouping(char32_t point, char32_t decimal, char32_t grouping) {
  if (point == decimal) return false;
  return point == grouping || point == U' ' || point == U'\'' || point == U'\u2019';
}

/// How many digits stand from `at` on.
std::size_t digits_from(std::u32string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && ascii_digit(text[at + count])) ++count;
  return count;
}

/// A number with this decimal mark and marks between thousands; nullopt of anything else.
std::optional<double> number_with(std::u32string_view text, char32_t decimal, char32_t grouping) {
  std::string plain;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == U'-' || text[at] == U'+')) {
    if (text[at] == U'-') plain += '-';
    ++at;
  }
  const auto take = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) plain += static_cast<char>(text[at + i]);
    at += count;
  };
  std::size_t digits = digits_from(text, at);
  const bool may_group = digits >= 1 && digits <= 3 && text[at] != U'0';
  take(digits);
  char32_t between = 0;
  while (may_group && at < text.size() && is_grouping(text[at], decimal, grouping) &&
         (between == 0 || text[at] == between) && digits_from(text, at + 1) == 3) {
    between = text[at];
    ++at;
    take(3);
  }
  if (at < text.size() && text[at] == decimal) {
    ++at;
    const std::size_t decimals = digits_from(text, at);
    if (decimals == 0) return std::nullopt;
    if (digits == 0) plain += '0';
    digits += decimals;
    plain += '.';
    take(decimals);
  }
  if (digits == 0) return std::nullopt;
  if (at + 1 < text.size() && (text[at] == U'e' || text[at] == U'E')) {
    plain += 'e';
    ++at;
    if (text[at] == U'-') plain += '-';
    if (text[at] == U'-' || text[at] == U'+') ++at;
    const std::size_t power = digits_from(text, at);
    if (power == 0 || power > 3) return std::nullopt;
    take(power);
  }
  if (at != text.size()) return std::nullopt;
  const auto number = parse_number<double>(plain);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<double> read_number(std::u32string_view text, const text::NumberMarks& marks) {
  if (const auto number = number_with(text, marks.decimal, marks.grouping)) return number;
  // The other way round, where it can be read in no other way.
  for (const char32_t other : {U'.', U','}) {
    if (other == marks.decimal) continue;
    if (const auto number = number_with(text, other, marks.decimal)) return number;
  }
  return std::nullopt;
}

std::u32string_view unblanked(std::u32string_view text) {
  while (!text.empty() && text.front() == U' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == U' ') text.remove_suffix(1);
  return text;
}

/// Two numbers with a colon or a slash between them.
std::optional<std::pair<double, double>> read_pair(std::u32string_view text, char32_t between,
                                                   const text::NumberMarks& marks) {
  const auto at = text.find(between);
  if (at == std::u32string_view::npos) return std::nullopt;
  const auto first = read_number(unblanked(text.substr(0, at)), marks);
  const auto second = read_number(unblanked(text.substr(at + 1)), marks);
  if (!first || !second || *first < 0 || *second <= 0) return std::nullopt;
  return std::pair(*first, *second);
}

}  // namespace

std::string_view to_string(LabValue::Kind kind) {
  switch (kind) {
    case LabValue::Kind::number:
      return "number";
    case LabValue::Kind::titre:
      return "titre";
    case LabValue::Kind::ratio:
      return "ratio";
    case LabValue::Kind::text:
      break;
  }
  return "text";
}

std::string_view to_string(LabValue::Relation relation) {
  switch (relation) {
    case Relation::below:
      return "<";
    case Relation::at_most:
      return "<=";
    case Relation::above:
      return ">";
    case Relation::at_least:
      return ">=";
    case Relation::equal:
      break;
  }
  return "=";
}

LabValue parse_lab_value(std::string_view written, const text::NumberMarks& marks) {
  constexpr std::size_t kNumberBytes = 60;  // bytes; what is longer is a text
  if (written.size() > kNumberBytes) return {};
  const std::u32string all = readable(written);
  std::u32string_view rest = all;
  LabValue out;
  for (const auto& sign : kRelationSigns) {
    if (!rest.starts_with(sign.text)) continue;
    out.relation = sign.relation;
    rest = unblanked(rest.substr(sign.text.size()));
    break;
  }
  if (const auto number = read_number(rest, marks)) {
    out.kind = LabValue::Kind::number;
    out.number = *number;
    return out;
  }
  if (const auto pair = read_pair(rest, U':', marks)) {
    const bool titre = pair->first == 1;
    out.kind = titre ? LabValue::Kind::titre : LabValue::Kind::ratio;
    out.number = titre ? pair->second : pair->first / pair->second;
    return out;
  }
  if (const auto pair = read_pair(rest, U'/', marks)) {
    out.kind = LabValue::Kind::ratio;
    out.number = pair->first / pair->second;
    return out;
  }
  return {};
}

std::optional<int> side_of(const LabValue& value, std::optional<double> low,
                           std::optional<double> high) {
  if (value.kind == LabValue::Kind::text) return std::nullopt;
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  const bool downwards = value.relation == Relation::below || value.relation == Relation::at_most;
  const bool upwards = value.relation == Relation::above || value.relation == Relation::at_least;
  const double least = downwards ? -kEndless : value.number;
  const double most = upwards ? kEndless : value.number;
  if (low && (most < *low || (most == *low && value.relation == Relation::below))) return -1;
  if (high && (least > *high || (least == *high && value.relation == Relation::above))) return 1;
  if ((!low || least >= *low) && (!high || most <= *high)) return 0;
  return std::nullopt;
}

}  // namespace wardbook::clinical

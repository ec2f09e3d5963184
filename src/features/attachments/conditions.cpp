#include "features/attachments/conditions.h"

#include <algorithm>
#include <charconv>

#include "net/message.h"

namespace wardbook::attachments {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Digits only; what no number of 64 bits can be is past every file's end all the same.
std::optional<std::uint64_t> position(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc::result_out_of_range ? UINT64_MAX : value;
}

}  // namespace

Wanted parse_range(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == std::string_view::npos ||
      !net::equal_ignoring_case(header.substr(0, equals), "bytes")) {
    return {};
  }
  const std::string_view text = trimmed(header.substr(equals + 1));
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = position(text.substr(0, dash));
  const auto last = position(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    if (*last == 0) return {RangeKind::unsatisfiable, {}};
    return {RangeKind::part, {size > *last ? size - *last : 0, size - 1}};
  }
  if (!first || (dash + 1 < text.size() && !last) || (last && *last < *first)) return {};
  if (*first >= size) return {RangeKind::unsatisfiable, {}};
  return {RangeKind::part, {*first, last ? std::min(*last, size - 1) : size - 1}};
}

}  // namespace wardbook::attachments

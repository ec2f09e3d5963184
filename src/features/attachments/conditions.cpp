#include "features/attachments/conditions.h"

#include <algorithm>

#include "base/text.h"
#include "net/message.h"

namespace wardbook::attachments {
namespace {

/// Digits only; what no number of 64 bits can be is past every file's end all the same.
std::optional<std::uint64_t> position(std::string_view digits) {
  if (!all_digits(digits)) return std::nullopt;
  return parse_number<std::uint64_t>(digits).value_or(UINT64_MAX);
}

}  // namespace

Wanted parse_range(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(header.substr(0, equals), "bytes")) {
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

#include "base/ids.h"

#include <algorithm>

#include "base/text.h"

namespace wardbook {

std::optional<TenantId> TenantId::parse(std::string_view text) {
  if (text.size() < 3 || text.size() > 48) return std::nullopt;
  if (!is_lower(text[0])) return std::nullopt;
  const bool plain =
      std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
  if (!plain) return std::nullopt;
  if (text == "public" || text == "wardbook" || text == "information_schema" ||
      text.starts_with("pg_")) {
    return std::nullopt;
  }
  return TenantId(std::string(text));
}

}  // namespace wardbook

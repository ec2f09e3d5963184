#include "base/ids.h"

#include <algorithm>

namespace wardbook {

std::optional<TenantId> TenantId::parse(std::string_view text) {
  if (text.size() < 3 || text.size() > 48) return std::nullopt;
  if (text[0] < 'a' || text[0] > 'z') return std::nullopt;
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!plain) return std::nullopt;
  if (text == "public" || text == "wardbook" || text == "information_schema" ||
      text.starts_with("pg_")) {
    return std::nullopt;
  }
  return TenantId(std::string(text));
}

}  // namespace wardbook

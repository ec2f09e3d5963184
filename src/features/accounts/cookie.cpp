#include "features/accounts/cookie.h"

#include <algorithm>

#include "base/failure.h"
#include "base/text.h"

namespace wardbook::accounts {
namespace {

// Secure holds on http://127.0.0.1 and localhost too: browsers trust what stays on the machine.
// Without Max-Age: on a shared PC, who closes the browser has left.
constexpr std::string_view kAttributes = "; Path=/api/v1/auth; Secure; HttpOnly; SameSite=Strict";

std::optional<std::string_view> cookie_in(std::string_view header) {
  for (const auto pair : split(header, ";")) {
    const auto cookie = trimmed(pair);
    const auto equals = cookie.find('=');
    if (equals == std::string_view::npos || cookie.substr(0, equals) != kSessionCookie) continue;
    return cookie.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::string cookie_with(std::string_view refresh_token) {
  return std::string(kSessionCookie) + '=' + std::string(refresh_token) + std::string(kAttributes);
}

std::string cookie_removed() {
  return cookie_with("") + "; Max-Age=0";
}

std::optional<std::string> session_cookie(const net::Headers& headers) {
  for (const auto& [name, value] : headers.all()) {
    if (!equal_ignoring_case(name, "Cookie")) continue;
    const auto cookie = cookie_in(value);
    if (cookie && !cookie->empty()) return std::string(*cookie);
  }
  return std::nullopt;
}

bool from_own_origin(const net::Headers& headers, const std::vector<std::string>& origins) {
  const auto origin = headers.get("Origin");
  if (!origin || headers.count("Origin") != 1) return false;
  if (!origins.empty()) return std::ranges::find(origins, *origin) != origins.end();
  const auto host = headers.get("Host");
  if (!host || host->empty()) return false;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!origin->starts_with(scheme)) continue;
    return equal_ignoring_case(origin->substr(scheme.size()), *host);
  }
  return false;
}

void require_own_origin(const Settings& settings, const api::Request& request) {
  if (from_own_origin(request.head.headers, settings.server.origins)) return;
  throw Failure(Code::origin_not_allowed,
                "A session in a cookie is for this service's own pages: the Origin header is "
                "missing or names another site.");
}

}  // namespace wardbook::accounts

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "base/settings.h"
#include "net/message.h"

/// The refresh token in the browser: in a cookie that no script can read and that goes to /auth
/// only. Requests that bring it must come from pages of our own. Of this feature only.
namespace wardbook::accounts {

inline constexpr std::string_view kSessionCookie = "wardbook_session";

/// The value of Set-Cookie that keeps a refresh token until the browser ends.
[[nodiscard]] std::string cookie_with(std::string_view refresh_token);
/// The value of Set-Cookie that removes it.
[[nodiscard]] std::string cookie_removed();
/// The refresh token that a request's cookies hold.
[[nodiscard]] std::optional<std::string> session_cookie(const net::Headers& headers);

/// Whether the request says that it comes from a page of ours: its Origin is among `origins` or,
/// where none are configured, names the host that the request is for. A page of another site cannot
/// say so (RFC 6454).
[[nodiscard]] bool from_own_origin(const net::Headers& headers,
                                   const std::vector<std::string>& origins);
/// Fails with origin_not_allowed.
void require_own_origin(const Settings& settings, const api::Request& request);

}  // namespace wardbook::accounts

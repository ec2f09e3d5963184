#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

/// Refresh tokens say which of a session's tokens they are, authenticated by the service's secret:
/// every token that the session ever had is recognised, and none of them is kept. Of this feature
/// only.
namespace wardbook::accounts {

/// A token that was used may be used again for so long, for the same successor: an answer was lost,
/// or two tabs refreshed at once. Later, and once the successor was used, it ends the session.
inline constexpr std::chrono::seconds kRefreshLeeway{30};

inline constexpr std::size_t kRefreshNonceBytes = 16;

struct RefreshToken {
  SessionId session;
  std::int64_t number = 0;  ///< the session's first one is 1
  std::string nonce;        ///< the session's own, random
};

/// The same text for the same token, whichever node writes it. 87 characters of [A-Za-z0-9_-].
[[nodiscard]] std::string write_refresh_token(std::string_view token_secret,
                                              const RefreshToken& token);
/// nullopt for what this service has not written under this secret, down to the spelling.
[[nodiscard]] std::optional<RefreshToken> read_refresh_token(std::string_view token_secret,
                                                             std::string_view text);

enum class RefreshUse {
  next,    ///< the current token: the session moves on to its successor
  again,   ///< the one before, within the leeway: the current token is its successor
  reused,  ///< somebody has a copy
};
[[nodiscard]] RefreshUse judge_refresh(std::int64_t current, Time refreshed_at, std::int64_t given,
                                       Time now);

}  // namespace wardbook::accounts

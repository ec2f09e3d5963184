#include "features/accounts/refresh_tokens.h"

#include <stdexcept>

#include "base/hash.h"

namespace wardbook::accounts {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kBodyBytes = 1 + 2 * kNumberBytes + kRefreshNonceBytes;
constexpr std::size_t kMacBytes = 32;

void append_number(std::string& out, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xFFU);
  }
}

std::int64_t number_at(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(0, kNumberBytes)) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string write_refresh_token(std::string_view token_secret, const RefreshToken& token) {
  if (token.nonce.size() != kRefreshNonceBytes) throw std::logic_error("not a session's nonce");
  std::string bytes(1, kFormat);
  append_number(bytes, token.session.value);
  append_number(bytes, token.number);
  bytes += token.nonce;
  // A key of their own, so that no access token or other text is ever taken for one.
  const auto key = hmac_sha256(token_secret, "wardbook: refresh tokens, 1");
  bytes += as_chars(hmac_sha256(as_chars(key), bytes));
  return to_base64url(bytes);
}

std::optional<RefreshToken> read_refresh_token(std::string_view token_secret,
                                               std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != kBodyBytes + kMacBytes) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(1);
  RefreshToken token;
  token.session = SessionId(number_at(body));
  token.number = number_at(body.substr(kNumberBytes));
  token.nonce = body.substr(2 * kNumberBytes, kRefreshNonceBytes);
  if (!constant_time_equal(text, write_refresh_token(token_secret, token))) return std::nullopt;
  return token;
}

RefreshUse judge_refresh(std::int64_t current, Time refreshed_at, std::int64_t given, Time now) {
  if (given == current) return RefreshUse::next;
  if (given == current - 1 && now - refreshed_at <= kRefreshLeeway) return RefreshUse::again;
  return RefreshUse::reused;
}

}  // namespace wardbook::accounts

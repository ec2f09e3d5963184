#include <jwt.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "features/accounts/accounts.h"

namespace wardbook::accounts {
namespace {

constexpr std::size_t kTokenBytes = 4096;
constexpr const char* kIssuer = "wardbook";
/// By how much the clocks of two nodes may differ.
constexpr std::int64_t kClockLeeway_s = 60;
/// The longest life that can be configured.
constexpr std::int64_t kLongestLife_s = 24 * 3600;

/// The end of the year 9999.
constexpr std::int64_t kLastTime_s = 253'402'300'799;

using Jwt = std::unique_ptr<jwt_t, decltype(&jwt_free)>;
using CText = std::unique_ptr<char, decltype(&std::free)>;

const unsigned char* key_of(const std::string& secret) {
  return reinterpret_cast<const unsigned char*>(secret.data());
}

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

[[noreturn]] void refuse(const char* why) {
  throw Failure(Code::unauthenticated, "The access token is not valid.", why);
}

/// Compares in constant time, before anything of the token is parsed, and accepts one spelling of
/// the signature only; libjwt does neither.
void check_signature(const std::string& token, const std::string& secret) {
  const auto dot = token.rfind('.');
  if (dot == std::string::npos || token.size() > kTokenBytes) refuse("not a JWT");
  const std::string_view signature = std::string_view(token).substr(dot + 1);
  const auto expected = hmac_sha256(secret, std::string_view(token).substr(0, dot));
  if (!constant_time_equal(signature, to_base64url(as_chars(expected)))) refuse("wrong signature");
}

std::string text_claim(const boost::json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) refuse("a claim is missing");
  return {value->as_string().data(), value->as_string().size()};
}

/// NumericDate without a fraction, as we write it.
std::int64_t time_claim(const boost::json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr || !value->is_int64()) refuse("a time is missing");
  if (value->as_int64() > kLastTime_s) refuse("not a time");
  return value->as_int64();
}

boost::json::object object_of(const char* json) {
  if (json == nullptr) refuse("a part is missing");
  auto parsed = parse_bounded_json(json);
  if (!parsed || !parsed->is_object()) refuse("a part is no object");
  return std::move(parsed->as_object());
}

/// Our own tokens say how they are signed and nothing else. Whatever else a header may hold (crit,
/// kid, jku, jwk, x5u) wants something of the reader that this one does not do (RFC 7515, 4.1.11).
void check_header(const boost::json::object& header) {
  for (const auto& member : header) {
    if (member.key() == "alg" && member.value() == "HS256") continue;
    if (member.key() == "typ" && member.value() == "JWT") continue;
    refuse("a header that is not ours");
  }
  if (!header.contains("alg")) refuse("no algorithm");
}

/// RFC 7519 wants texts for sub and jti; ours hold numbers.
std::int64_t number_claim(const boost::json::object& claims, std::string_view name) {
  const auto number = parse_number<std::int64_t>(text_claim(claims, name));
  if (!number || *number <= 0) refuse("a claim is no number");
  return *number;
}

api::Principal caller_of(const boost::json::object& claims) {
  if (text_claim(claims, "iss") != kIssuer) refuse("another issuer");
  api::Principal caller;
  caller.account = AccountId(number_claim(claims, "sub"));
  caller.session = SessionId(number_claim(claims, "sid"));
  caller.token_number = number_claim(claims, "jti");
  caller.name = text_claim(claims, "name");
  caller.email = text_claim(claims, "email");
  const auto role = api::parse_role(text_claim(claims, "role"));
  if (!role) refuse("unknown role");
  caller.role = *role;
  caller.permissions = api::permissions_of(*role);
  caller.kind = api::Principal::Kind::account;
  caller.method = api::Principal::Method::password;
  const std::int64_t given_at = time_claim(claims, "auth_time");
  if (given_at < 0) refuse("not a time");
  caller.authenticated_at = Time(std::chrono::seconds(given_at));
  if (claims.contains("tenant")) {
    caller.tenant_id = TenantId::parse(text_claim(claims, "tenant"));
    if (!caller.tenant_id) refuse("not a tenant");
  }
  if (caller.tenant_id.has_value() == (caller.role == api::Role::platform_admin)) {
    refuse("the role does not fit the tenant");
  }
  return caller;
}

}  // namespace

Tokens::Tokens(std::string secret, std::chrono::seconds ttl, const Clock& clock, std::size_t cached)
    : secret_(std::move(secret)), ttl_(ttl), clock_(clock), bound_(cached) {
  if (secret_.size() < 32) throw std::invalid_argument("auth.token_secret is under 32 bytes");
}

std::string Tokens::issue(const api::Principal& caller) const {
  const auto now = seconds_of(clock_.now());
  boost::json::object claims{{"iss", kIssuer},
                             {"sub", std::to_string(caller.account.value)},
                             {"sid", std::to_string(caller.session.value)},
                             {"jti", std::to_string(caller.token_number)},
                             {"role", api::to_string(caller.role)},
                             {"name", caller.name},
                             {"email", caller.email},
                             {"auth_time", seconds_of(caller.authenticated_at)},
                             {"iat", now},
                             {"exp", now + ttl_.count()}};
  if (caller.tenant_id) claims["tenant"] = caller.tenant_id->str();
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) throw std::bad_alloc();
  const Jwt jwt(raw, &jwt_free);
  if (jwt_add_grants_json(jwt.get(), boost::json::serialize(claims).c_str()) != 0 ||
      jwt_set_alg(jwt.get(), JWT_ALG_HS256, key_of(secret_), static_cast<int>(secret_.size())) !=
          0) {
    throw Failure(Code::internal, {}, "a token could not be made");
  }
  const CText encoded(jwt_encode_str(jwt.get()), &std::free);
  if (!encoded) throw Failure(Code::internal, {}, "a token could not be encoded");
  return encoded.get();
}

Tokens::Verified Tokens::check(const std::string& token) const {
  check_signature(token, secret_);
  jwt_t* raw = nullptr;
  if (jwt_decode(&raw, token.c_str(), key_of(secret_), static_cast<int>(secret_.size())) != 0) {
    refuse("libjwt refused it");
  }
  const Jwt jwt(raw, &jwt_free);
  if (jwt_get_alg(jwt.get()) != JWT_ALG_HS256) refuse("another algorithm");
  const CText header(jwt_get_headers_json(jwt.get(), nullptr), &std::free);
  check_header(object_of(header.get()));
  const CText json(jwt_get_grants_json(jwt.get(), nullptr), &std::free);
  const boost::json::object claims = object_of(json.get());
  Verified verified = period_of(claims);
  verified.token = token;
  verified.caller = caller_of(claims);
  return verified;
}

/// From when to when the claims hold. The life that a token gives itself counts no more than ours:
/// what is revoked is remembered for that long only.
Tokens::Verified Tokens::period_of(const boost::json::object& claims) const {
  const auto issued = time_claim(claims, "iat");
  const auto expires = time_claim(claims, "exp");
  if (issued < 0 || expires < issued || expires - issued > kLongestLife_s) {
    refuse("a life that no token has");
  }
  Verified out;
  // Neither was it issued, nor a password given for it, before the token's time.
  out.from = std::max(issued, time_claim(claims, "auth_time")) - kClockLeeway_s;
  if (claims.contains("nbf")) {
    const auto not_before = std::max<std::int64_t>(time_claim(claims, "nbf"), 0);
    out.from = std::max(out.from, not_before - kClockLeeway_s);
  }
  out.expires = std::min<std::int64_t>(expires, issued + ttl_.count());
  return out;
}

api::Principal Tokens::verify(const std::string& token) {
  const auto now = seconds_of(clock_.now());
  if (const auto found = by_token_.find(token); found != by_token_.end()) {
    if (found->second->from > now) refuse("not valid yet");
    if (found->second->expires <= now) {
      const auto entry = found->second;
      by_token_.erase(found);
      recent_.erase(entry);
      throw Failure(Code::token_expired);
    }
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->caller;
  }
  Verified verified = check(token);
  if (verified.from > now) refuse("not valid yet");
  if (verified.expires <= now) throw Failure(Code::token_expired);
  if (bound_ == 0) return verified.caller;
  if (recent_.size() >= bound_) {
    by_token_.erase(recent_.back().token);
    recent_.pop_back();
  }
  recent_.push_front(std::move(verified));
  by_token_.emplace(recent_.front().token, recent_.begin());
  return recent_.front().caller;
}

}  // namespace wardbook::accounts

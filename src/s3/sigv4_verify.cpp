#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "s3/sigv4.h"

namespace wardbook::s3 {
namespace {

using ClaimResult = boost::system::result<Claim, ClaimError>;

constexpr std::string_view kSchemePrefix = "AWS4-";

bool is_hex64(std::string_view text) {
  return text.size() == 64 && all_lower_hex(text);
}

bool is_payload_hash(std::string_view text) {
  return is_hex64(text) || text == kUnsignedPayload || text.starts_with("STREAMING-");
}

/// Lower case, strictly ascending (hence no repetition), none empty.
bool is_header_list(std::string_view list) {
  std::string_view before;
  for (const auto name : split(list, ";")) {
    const bool plain = std::ranges::all_of(
        name, [](char c) { return c > ' ' && c < 0x7f && c != ':' && !is_upper(c); });
    if (name.empty() || !plain || name <= before) return false;
    before = name;
  }
  return true;
}

/// `key/day/region/service/aws4_request`; an access key may hold slashes itself.
bool split_credential(std::string_view text, Claim& claim) {
  std::array<std::string_view, 4> parts;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) return false;
    *part = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  const auto empty = [](std::string_view part) { return part.empty(); };
  if (text.empty() || std::ranges::any_of(parts, empty) || parts[3] != "aws4_request") return false;
  claim.access_key = text;
  claim.scope = {std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
  return true;
}

std::optional<ClaimError> check_common(Claim& claim) {
  if (!is_hex64(claim.signature) || !is_header_list(claim.signed_headers)) {
    return ClaimError::malformed;
  }
  const auto time = parse_amz_date(claim.amz_date);
  if (!time || claim.amz_date.substr(0, 8) != claim.scope.day) return ClaimError::bad_date;
  claim.time = *time;
  if (!claim.signs("host")) return ClaimError::host_not_signed;
  return std::nullopt;
}

ClaimResult parse_header(const net::RequestHead& head, std::string_view value) {
  if (head.headers.count("authorization") != 1 || head.headers.count("x-amz-date") > 1 ||
      head.headers.count("x-amz-content-sha256") > 1) {
    return ClaimError::malformed;
  }
  const auto space = value.find(' ');
  if (value.substr(0, space) != kAlgorithm) return ClaimError::unsupported_algorithm;
  if (space == std::string_view::npos) return ClaimError::malformed;
  value = value.substr(space + 1);

  std::optional<std::string_view> credential, names, signature;
  std::size_t at = 0;
  while (at <= value.size()) {
    const auto end = std::min(value.find(',', at), value.size());
    const auto part = trimmed(value.substr(at, end - at));
    at = end + 1;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return ClaimError::malformed;
    const auto name = part.substr(0, equals);
    auto* slot = name == "Credential"      ? &credential
                 : name == "SignedHeaders" ? &names
                 : name == "Signature"     ? &signature
                                           : nullptr;
    if (slot == nullptr || slot->has_value()) return ClaimError::malformed;
    *slot = part.substr(equals + 1);
  }
  Claim claim;
  claim.kind = Claim::Kind::header;
  if (!credential || !names || !signature || !split_credential(*credential, claim)) {
    return ClaimError::malformed;
  }
  claim.signed_headers = *names;
  claim.signature = *signature;
  claim.amz_date = head.headers.get("x-amz-date").value_or("");
  claim.session_token = head.headers.get("x-amz-security-token").value_or("");
  if (const auto error = check_common(claim)) return *error;
  claim.payload_hash = head.headers.get("x-amz-content-sha256").value_or("");
  if (!is_payload_hash(claim.payload_hash)) return ClaimError::no_payload_hash;
  return claim;
}

ClaimResult parse_query_claim(const net::QueryParams& params) {
  bool repeated = false;
  const auto find = [&params, &repeated](std::string_view name) -> std::optional<std::string> {
    std::optional<std::string> found;
    for (const auto& [key, value] : params) {
      if (key != name) continue;
      if (found) repeated = true;
      found = value;
    }
    return found;
  };
  const auto algorithm = find("X-Amz-Algorithm");
  const auto credential = find("X-Amz-Credential");
  const auto date = find("X-Amz-Date");
  const auto expires = find("X-Amz-Expires");
  const auto names = find("X-Amz-SignedHeaders");
  const auto signature = find("X-Amz-Signature");
  const auto token = find("X-Amz-Security-Token");
  const auto hash = find("X-Amz-Content-Sha256");
  if (repeated) return ClaimError::malformed;
  if (algorithm && *algorithm != kAlgorithm) return ClaimError::unsupported_algorithm;
  Claim claim;
  claim.kind = Claim::Kind::query;
  if (!algorithm || !credential || !date || !expires || !names || !signature ||
      !split_credential(*credential, claim)) {
    return ClaimError::malformed;
  }
  const auto seconds = parse_number<int>(*expires);
  if (!seconds || *seconds < 0 || *seconds > kMaxExpires.count()) return ClaimError::bad_expires;
  claim.expires = std::chrono::seconds{*seconds};
  claim.signed_headers = *names;
  claim.signature = *signature;
  claim.amz_date = *date;
  claim.session_token = token.value_or("");
  claim.payload_hash = hash.value_or(std::string(kUnsignedPayload));
  if (!is_payload_hash(claim.payload_hash)) return ClaimError::malformed;
  if (const auto error = check_common(claim)) return *error;
  return claim;
}

}  // namespace

bool Claim::signs(std::string_view name) const {
  std::string_view list = signed_headers;
  std::size_t at = 0;
  while (at <= list.size()) {
    const auto end = std::min(list.find(';', at), list.size());
    if (list.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

boost::system::result<Claim, ClaimError> parse_claim(const net::RequestHead& head) {
  const auto header = head.headers.get("authorization");
  const auto params = net::parse_query(head.raw_query());
  if (!params) return ClaimError::malformed;
  const bool by_query = std::ranges::any_of(*params, [](const auto& param) {
    return param.first == "X-Amz-Algorithm" || param.first == "X-Amz-Signature" ||
           param.first == "X-Amz-Credential";
  });
  if (header && by_query) return ClaimError::two_mechanisms;
  if (by_query) return parse_query_claim(*params);
  if (!header) return ClaimError::none;
  if (!header->starts_with(kSchemePrefix)) return ClaimError::unsupported_algorithm;
  return parse_header(head, *header);
}

std::optional<std::string> unsigned_amz_header(const net::RequestHead& head, const Claim& claim) {
  for (const auto& [name, value] : head.headers.all()) {
    auto lowered = lower_case(name);
    if (lowered.starts_with("x-amz-") && !claim.signs(lowered)) return lowered;
  }
  return std::nullopt;
}

Expected expected_signature(const net::RequestHead& head, const Claim& claim,
                            const SigningKey& key) {
  Expected out;
  out.canonical_request =
      canonical_request(head.method, head.target, head.headers, claim.signed_headers,
                        claim.payload_hash, PathMode::as_is);
  out.string_to_sign = string_to_sign(claim.amz_date, claim.scope.str(), out.canonical_request);
  out.signature = key.sign(out.string_to_sign);
  return out;
}

bool signature_matches(const Expected& expected, const Claim& claim) {
  return constant_time_equal(expected.signature, claim.signature);
}

}  // namespace wardbook::s3

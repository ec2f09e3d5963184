// The direct SHA-256 functions are deprecated since OpenSSL 3 in favour of the EVP ones, which
// spend more on fetching the algorithm than on hashing a short text.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "s3/sigv4.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"

namespace wardbook::s3 {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kUpperHex[] = "0123456789ABCDEF";

using Digest = std::array<std::uint8_t, 32>;

void hex_to(const Digest& digest, char* out) {
  for (const auto byte : digest) {
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
}

Digest finish(SHA256_CTX& ctx) {
  Digest out;
  SHA256_Final(out.data(), &ctx);
  return out;
}

constexpr auto kUnreserved = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-._~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// Decodes %XX where it is well-formed and leaves the rest alone: a verifier has to sign something
/// even for an odd path, and the server refuses a broken escape by itself.
std::string lenient_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += c == '+' && plus_is_space ? ' ' : c;
  }
  return out;
}

/// RFC 3986, 5.2.4, and runs of slashes become one.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_slash = false;
  std::size_t at = 0;
  while (at <= path.size()) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto segment = path.substr(at, end - at);
    ends_in_slash = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    at = end + 1;
  }
  std::string out;
  for (const auto segment : kept) out.append("/").append(segment);
  if (ends_in_slash || out.empty()) out += '/';
  return out;
}

/// Outer space cut off, runs of inner space reduced to one.
void append_trimmed(std::string& out, std::string_view value) {
  bool pending = false;
  bool any = false;
  for (const char c : value) {
    if (kWhiteSpace.find(c) != std::string_view::npos) {
      pending = any;
      continue;
    }
    if (pending) out += ' ';
    pending = false;
    any = true;
    out += c;
  }
}

void append_canonical_header(std::string& out, std::string_view name, const net::Headers& headers) {
  out.append(name).append(":");
  bool first = true;
  for (const auto& [field, value] : headers.all()) {
    if (!equal_ignoring_case(field, name)) continue;
    if (!first) out += ',';
    first = false;
    append_trimmed(out, value);
  }
  out += '\n';
}

}  // namespace

namespace detail {

void sha256_hex_to(std::string_view data, char* out) {
  SHA256_CTX ctx;
  SHA256_Init(&ctx);
  SHA256_Update(&ctx, data.data(), data.size());
  hex_to(finish(ctx), out);
}

void append_encoded(std::string& out, std::string_view text, bool keep_slash) {
  // Grown once for the worst case and cut at the end: one check of the capacity, not one a byte.
  const auto start = out.size();
  out.resize(start + text.size() * 3);
  char* at = out.data() + start;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kUnreserved[byte] || (c == '/' && keep_slash)) {
      *at++ = c;
    } else {
      *at++ = '%';
      *at++ = kUpperHex[byte >> 4];
      *at++ = kUpperHex[byte & 15];
    }
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

}  // namespace detail

std::string amz_date(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time - day).count();
  std::string out = "00000000T000000Z";
  const auto put = [&out](std::size_t at, std::size_t digits, unsigned value) {
    for (std::size_t i = digits; i-- > 0; value /= 10) {
      out[at + i] = static_cast<char>('0' + value % 10);
    }
  };
  put(0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(4, 2, static_cast<unsigned>(date.month()));
  put(6, 2, static_cast<unsigned>(date.day()));
  put(9, 2, static_cast<unsigned>(seconds / 3600));
  put(11, 2, static_cast<unsigned>(seconds / 60 % 60));
  put(13, 2, static_cast<unsigned>(seconds % 60));
  return out;
}

std::optional<Time> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) -> int {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int y = number(0, 4), mo = number(4, 2), d = number(6, 2);
  const int h = number(9, 2), mi = number(11, 2), s = number(13, 2);
  if (y < 1 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59) {
    return std::nullopt;
  }
  const Date date{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(mo)},
                  std::chrono::day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  return Time{std::chrono::sys_days{date}} + std::chrono::hours{h} + std::chrono::minutes{mi} +
         std::chrono::seconds{s};
}

std::string payload_hash(std::string_view body) {
  std::string out(64, '\0');
  detail::sha256_hex_to(body, out.data());
  return out;
}

Scope Scope::of(Time time, std::string_view region, std::string_view service) {
  return {amz_date(time).substr(0, 8), std::string(region), std::string(service)};
}

std::string Scope::str() const {
  return day + "/" + region + "/" + service + "/aws4_request";
}

std::string canonical_path(std::string_view raw_path, PathMode mode) {
  auto path = lenient_decode(raw_path, false);
  if (mode == PathMode::normalized) path = remove_dot_segments(path);
  std::string out;
  out.reserve(path.size() + 16);
  detail::append_encoded(out, path, true);
  if (out.empty()) out = "/";
  return out;
}

std::string canonical_query(std::string_view raw_query) {
  std::vector<std::pair<std::string, std::string>> params;
  std::size_t at = 0;
  while (at < raw_query.size()) {
    const auto end = std::min(raw_query.find('&', at), raw_query.size());
    const auto part = raw_query.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    const auto value = equals < part.size() ? part.substr(equals + 1) : std::string_view{};
    auto& [name_out, value_out] = params.emplace_back();
    detail::append_encoded(name_out, lenient_decode(part.substr(0, equals), true), false);
    detail::append_encoded(value_out, lenient_decode(value, true), false);
    if (name_out == "X-Amz-Signature") params.pop_back();
  }
  std::ranges::sort(params);
  std::string out;
  out.reserve(raw_query.size() + 16);
  for (const auto& [name, value] : params) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string signed_header_names(const net::Headers& headers) {
  std::vector<std::string> names;
  names.reserve(headers.all().size());
  for (const auto& field : headers.all()) names.push_back(lower_case(field.first));
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

std::string canonical_request(std::string_view method, std::string_view target,
                              const net::Headers& headers, std::string_view signed_headers,
                              std::string_view hashed_payload, PathMode mode) {
  const auto question = std::min(target.find('?'), target.size());
  const auto raw_query =
      question < target.size() ? target.substr(question + 1) : std::string_view{};
  std::string out;
  out.reserve(target.size() + 1024);
  out.append(method).append("\n");
  out.append(canonical_path(target.substr(0, question), mode)).append("\n");
  out.append(canonical_query(raw_query)).append("\n");
  std::size_t at = 0;
  while (at <= signed_headers.size()) {
    const auto end = std::min(signed_headers.find(';', at), signed_headers.size());
    append_canonical_header(out, signed_headers.substr(at, end - at), headers);
    at = end + 1;
  }
  out.append("\n").append(signed_headers).append("\n").append(hashed_payload);
  return out;
}

std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request) {
  std::string out;
  out.reserve(kAlgorithm.size() + amz_date.size() + scope.size() + 67);
  out.append(kAlgorithm).append("\n").append(amz_date).append("\n").append(scope).append("\n");
  const auto at = out.size();
  out.resize(at + 64);
  detail::sha256_hex_to(canonical_request, out.data() + at);
  return out;
}

namespace {

/// SHA-256's state after one block of the key, padded and masked.
std::array<std::uint32_t, 8> keyed_state(std::span<const std::uint8_t> key, std::uint8_t mask) {
  std::array<std::uint8_t, 64> block;
  block.fill(mask);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  SHA256_CTX ctx;
  SHA256_Init(&ctx);
  SHA256_Update(&ctx, block.data(), block.size());
  std::array<std::uint32_t, 8> out;
  std::copy_n(ctx.h, out.size(), out.begin());
  return out;
}

SHA256_CTX resume(const std::array<std::uint32_t, 8>& state) {
  SHA256_CTX ctx;
  SHA256_Init(&ctx);
  std::copy_n(state.begin(), state.size(), ctx.h);
  ctx.Nl = 64 * 8;  // one block has been hashed
  return ctx;
}

}  // namespace

SigningKey::SigningKey(std::string_view secret_key, const Scope& scope) {
  auto key = hmac_sha256("AWS4" + std::string(secret_key), scope.day);
  key = hmac_sha256(as_chars(key), scope.region);
  key = hmac_sha256(as_chars(key), scope.service);
  raw_ = hmac_sha256(as_chars(key), "aws4_request");
  inner_ = keyed_state(raw_, 0x36);
  outer_ = keyed_state(raw_, 0x5c);
}

void SigningKey::sign_to(std::string_view text, char* out) const {
  auto inner = resume(inner_);
  SHA256_Update(&inner, text.data(), text.size());
  const auto digest = finish(inner);
  auto outer = resume(outer_);
  SHA256_Update(&outer, digest.data(), digest.size());
  hex_to(finish(outer), out);
}

std::string SigningKey::sign(std::string_view text) const {
  std::string out(64, '\0');
  sign_to(text, out.data());
  return out;
}

const SigningKey& SigningKeys::get(std::string_view secret_key, const Scope& scope) {
  for (const auto& entry : entries_) {
    if (entry.scope == scope && entry.secret_key == secret_key) return entry.key;
  }
  Entry fresh{std::string(secret_key), scope, SigningKey(secret_key, scope)};
  if (entries_.size() < kMaxEntries) return entries_.emplace_back(std::move(fresh)).key;
  auto& slot = entries_[next_];
  next_ = (next_ + 1) % kMaxEntries;
  slot = std::move(fresh);
  return slot.key;
}

SignedRequest sign_by_header(std::string_view method, std::string_view target, net::Headers headers,
                             const Credentials& credentials, const SigningOptions& options,
                             SigningKeys& keys) {
  const auto scope = Scope::of(options.time, options.region, options.service);
  const auto date = amz_date(options.time);
  const auto& token = credentials.session_token;
  if (!token.empty()) headers.set("X-Amz-Security-Token", token);
  headers.set("X-Amz-Date", date);
  if (options.send_payload_hash) headers.set("x-amz-content-sha256", options.payload_hash);

  SignedRequest out;
  auto bound = headers;
  if (!options.sign_token) bound.erase("X-Amz-Security-Token");
  const auto names = signed_header_names(bound);
  out.canonical_request =
      canonical_request(method, target, headers, names, options.payload_hash, options.path_mode);
  out.string_to_sign = string_to_sign(date, scope.str(), out.canonical_request);
  out.signature = keys.get(credentials.secret_key, scope).sign(out.string_to_sign);
  headers.set("Authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key +
                                   "/" + scope.str() + ", SignedHeaders=" + names +
                                   ", Signature=" + out.signature);
  out.headers = std::move(headers);
  out.target = target;
  return out;
}

SignedRequest sign_by_query(std::string_view method, std::string_view target, net::Headers headers,
                            const Credentials& credentials, const SigningOptions& options,
                            SigningKeys& keys) {
  const auto scope = Scope::of(options.time, options.region, options.service);
  const auto date = amz_date(options.time);
  const auto names = signed_header_names(headers);

  std::string full(target);
  const auto add = [&full](std::string_view name, std::string_view value) {
    const bool first = full.find('?') == std::string::npos;
    full.append(first ? "?" : "&").append(name).append("=");
    detail::append_encoded(full, value, false);
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", credentials.access_key + "/" + scope.str());
  add("X-Amz-Date", date);
  add("X-Amz-SignedHeaders", names);
  add("X-Amz-Expires", std::to_string(options.expires.count()));
  const auto& token = credentials.session_token;
  if (!token.empty() && options.sign_token) add("X-Amz-Security-Token", token);

  SignedRequest out;
  out.canonical_request =
      canonical_request(method, full, headers, names, options.payload_hash, options.path_mode);
  out.string_to_sign = string_to_sign(date, scope.str(), out.canonical_request);
  out.signature = keys.get(credentials.secret_key, scope).sign(out.string_to_sign);
  if (!token.empty() && !options.sign_token) add("X-Amz-Security-Token", token);
  add("X-Amz-Signature", out.signature);
  out.headers = std::move(headers);
  out.target = std::move(full);
  return out;
}

ChunkSigner::ChunkSigner(SigningKey key, std::string amz_date, std::string scope,
                         std::string seed_signature)
    : key_(std::move(key)),
      amz_date_(std::move(amz_date)),
      scope_(std::move(scope)),
      previous_(std::move(seed_signature)) {}

std::string ChunkSigner::chunk(std::string_view data_hash) {
  std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n";
  text.append(amz_date_).append("\n").append(scope_).append("\n").append(previous_).append("\n");
  text.append(kEmptyPayloadHash).append("\n").append(data_hash);
  previous_ = key_.sign(text);
  return previous_;
}

std::string ChunkSigner::trailer(std::string_view canonical_trailer) {
  std::string text = "AWS4-HMAC-SHA256-TRAILER\n";
  text.append(amz_date_).append("\n").append(scope_).append("\n").append(previous_).append("\n");
  text.append(payload_hash(canonical_trailer));
  previous_ = key_.sign(text);
  return previous_;
}

}  // namespace wardbook::s3

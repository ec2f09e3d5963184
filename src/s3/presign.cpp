#include "s3/presign.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "base/text.h"

namespace wardbook::s3 {
namespace {

/// RFC 9110, 5.6.2: the token's characters, lower case only.
constexpr auto kTokenChar = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// A value that reaches the store just as given: no control characters, nothing to be trimmed or
/// collapsed on the way, so that it needs no canonical form.
bool is_plain_value(std::string_view value) {
  char before = ' ';
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || (c == ' ' && before == ' ')) {
      return false;
    }
    before = c;
  }
  return value.empty() || before != ' ';
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(digits, end);
}

}  // namespace

Presigner::Presigner(const Endpoint& public_endpoint, std::string_view bucket, bool path_style,
                     std::string region, Credentials credentials)
    : address_(public_endpoint, bucket, path_style),
      region_(std::move(region)),
      credentials_(std::move(credentials)) {}

void Presigner::renew(std::chrono::sys_days day) {
  const auto scope = Scope::of(Time{day}, region_, "s3");
  scope_ = scope.str();
  credential_param_.clear();
  detail::append_encoded(credential_param_, credentials_.access_key + "/" + scope_, false);
  key_.emplace(credentials_.secret_key, scope);
  day_ = day;
}

/// Fills headers_ with what is bound, in canonical order. All names are written into names_ before
/// any view of it is taken.
void Presigner::sort_headers(const PresignRequest& request) {
  names_.clear();
  headers_.clear();
  for (const auto& [name, value] : request.headers) {
    for (const char c : name) {
      names_ += lower_case(c);
      if (!kTokenChar[static_cast<unsigned char>(names_.back())]) {
        throw std::invalid_argument("ill-formed header name");
      }
    }
    if (name.empty() || !is_plain_value(value)) {
      throw std::invalid_argument("ill-formed header " + name);
    }
  }
  std::size_t at = 0;
  for (const auto& [name, value] : request.headers) {
    headers_.push_back({std::string_view(names_).substr(at, name.size()), value});
    at += name.size();
  }
  headers_.push_back({"host", address_.host});
  if (request.content_length) {
    digits_.clear();
    append_number(digits_, *request.content_length);
    headers_.push_back({"content-length", digits_});
  }
  std::ranges::sort(headers_, {}, &HeaderRef::name);
  const auto repeated = std::ranges::adjacent_find(headers_, {}, &HeaderRef::name);
  if (repeated != headers_.end()) {
    throw std::invalid_argument("header bound twice: " + std::string(repeated->name));
  }
  if (!request.content_length &&
      std::ranges::find(headers_, "content-length", &HeaderRef::name) != headers_.end()) {
    throw std::invalid_argument("Content-Length is bound by content_length");
  }
}

/// Query parameters in canonical order; needs headers_ and to_sign_'s date.
void Presigner::append_query(const PresignRequest& request, std::string& out) {
  std::vector<NameValue> params;
  params.reserve(request.params.size());
  for (const auto& [name, value] : request.params) {
    if (name.starts_with("X-Amz-")) throw std::invalid_argument("parameter " + name);
    auto& [name_out, value_out] = params.emplace_back();
    detail::append_encoded(name_out, name, false);
    detail::append_encoded(value_out, value, false);
  }
  std::ranges::sort(params);
  auto next = params.begin();
  for (; next != params.end() && next->first < "X-Amz-"; ++next) {
    out.append(next->first).append("=").append(next->second).append("&");
  }
  out.append("X-Amz-Algorithm=").append(kAlgorithm);
  out.append("&X-Amz-Credential=").append(credential_param_);
  out.append("&X-Amz-Date=").append(to_sign_, kAlgorithm.size() + 1, 16);
  out.append("&X-Amz-Expires=");
  append_number(out, static_cast<std::uint64_t>(request.expires.count()));
  if (!credentials_.session_token.empty()) {
    out.append("&X-Amz-Security-Token=");
    detail::append_encoded(out, credentials_.session_token, false);
  }
  out.append("&X-Amz-SignedHeaders=");
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    if (i > 0) out.append("%3B");
    detail::append_encoded(out, headers_[i].name, false);
  }
  for (; next != params.end(); ++next) {
    out.append("&").append(next->first).append("=").append(next->second);
  }
}

void Presigner::append_headers(std::string& out) const {
  out += '\n';
  for (const auto& [name, value] : headers_) out.append(name).append(":").append(value) += '\n';
  out += '\n';
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    if (i > 0) out += ';';
    out += headers_[i].name;
  }
  out += '\n';
  out += kUnsignedPayload;
}

std::string Presigner::url(const PresignRequest& request, Time now) {
  if (request.expires < std::chrono::seconds{1} || request.expires > kMaxExpires) {
    throw std::invalid_argument("a presigned URL lives from one second to seven days");
  }
  const auto day = std::chrono::floor<std::chrono::days>(now);
  if (!key_ || day != day_) renew(day);
  sort_headers(request);
  to_sign_.assign(kAlgorithm).append("\n").append(amz_date(now)).append("\n").append(scope_);
  to_sign_ += '\n';

  canonical_.assign(request.method).append("\n").append(address_.path_prefix);
  detail::append_encoded(canonical_, request.key, true);
  const auto path_at = request.method.size() + 1;
  const auto path_length = canonical_.size() - path_at;
  canonical_ += '\n';
  const auto query_at = canonical_.size();
  append_query(request, canonical_);
  const auto query_length = canonical_.size() - query_at;
  append_headers(canonical_);

  const auto hash_at = to_sign_.size();
  to_sign_.resize(hash_at + 64);
  detail::sha256_hex_to(canonical_, to_sign_.data() + hash_at);

  std::string out;
  out.reserve(address_.origin.size() + path_length + query_length + 82);
  out.append(address_.origin).append(canonical_, path_at, path_length).append("?");
  out.append(canonical_, query_at, query_length).append("&X-Amz-Signature=");
  const auto signature_at = out.size();
  out.resize(signature_at + 64);
  key_->sign_to(to_sign_, out.data() + signature_at);
  return out;
}

}  // namespace wardbook::s3

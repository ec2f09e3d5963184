#include "features/attachments/headers.h"

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/hash.h"
#include "base/text.h"

namespace wardbook::attachments {
namespace {

constexpr std::array<std::string_view, 3> kDigests{"content-md5", "content-digest", "repr-digest"};
constexpr std::array<std::string_view, 8> kForeign{
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    "if-range", "range",         "content-range",     "digest"};

bool is_foreign(std::string_view name) {
  return std::ranges::find(kForeign, name) != kForeign.end() || name.starts_with("x-amz-");
}

[[noreturn]] void refuse(std::string_view name) {
  throw Failure(Code::bad_request,
                "The header " + std::string(name) + " is not supported here; leave it out.");
}

/// The bytes of base64 text as hex, if there are `size` of them.
std::string digest_of(std::string_view base64, std::size_t size, std::string_view name) {
  const auto raw = from_base64(base64);
  if (!raw || raw->size() != size) {
    throw Failure(Code::bad_request, "The header " + std::string(name) + " is malformed.");
  }
  return to_hex(*raw);
}

/// `sha-256=:…:`, alone.
std::string sha256_member(std::string_view value, std::string_view name) {
  constexpr std::string_view kStart = "sha-256=:";
  const bool right = value.starts_with(kStart) && value.ends_with(':') &&
                     value.find(',') == std::string_view::npos && value.size() > kStart.size();
  if (!right) {
    throw Failure(Code::bad_request, "The header " + std::string(name) +
                                         " must hold one sha-256 digest: sha-256=:base64:");
  }
  value.remove_prefix(kStart.size());
  value.remove_suffix(1);
  return digest_of(value, 32, name);
}

}  // namespace

Digests digests_of(const net::Headers& headers) {
  Digests out;
  for (const auto& [sent, value] : headers.all()) {
    const std::string name = lower_case(sent);
    if (is_foreign(name)) refuse(sent);
    if (std::ranges::find(kDigests, name) == kDigests.end()) continue;
    if (headers.count(name) > 1) {
      throw Failure(Code::bad_request, "The header " + sent + " is given more than once.");
    }
    if (name == "content-md5") {
      out.md5 = digest_of(value, 16, sent);
      continue;
    }
    std::string digest = sha256_member(value, sent);
    if (out.sha256 && *out.sha256 != digest) {
      throw Failure(Code::bad_request, "Content-Digest and Repr-Digest disagree.");
    }
    out.sha256 = std::move(digest);
  }
  return out;
}

void refuse_foreign_headers(const net::Headers& headers) {
  for (const auto& [sent, value] : headers.all()) {
    const std::string name = lower_case(sent);
    if (is_foreign(name) || std::ranges::find(kDigests, name) != kDigests.end()) refuse(sent);
  }
}

}  // namespace wardbook::attachments

#include "net/content_coding.h"

#include "base/compress.h"
#include "base/text.h"

namespace wardbook::net {
namespace {

/// A weight (RFC 9110, section 12.4.2) in thousandths; nothing when it is malformed.
std::optional<int> weight_of(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  if (text.size() == 1) return weight;
  if (text[1] != '.' || text.size() > 5) return std::nullopt;
  int step = 100;
  for (const char digit : text.substr(2)) {
    if (!is_digit(digit)) return std::nullopt;
    weight += (digit - '0') * step;
    step /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

struct Weights {
  std::optional<int> gzip, zstd, identity, any;
};

/// Notes one member of the list; false when it is malformed.
bool note(std::string_view member, Weights& weights) noexcept {
  const auto semicolon = member.find(';');
  const auto name = trimmed(member.substr(0, semicolon));
  int weight = 1000;
  if (semicolon != std::string_view::npos) {
    const auto parameter = trimmed(member.substr(semicolon + 1));
    if (!starts_with_ignoring_case(parameter, "q=")) return false;
    const auto given = weight_of(parameter.substr(2));
    if (!given) return false;
    weight = *given;
  }
  if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) {
    weights.gzip = weight;
  } else if (equal_ignoring_case(name, "zstd")) {
    weights.zstd = weight;
  } else if (equal_ignoring_case(name, "identity")) {
    weights.identity = weight;
  } else if (name == "*") {
    weights.any = weight;
  }
  return true;
}

bool is_json(std::string_view type) noexcept {
  return type.starts_with("application/json") || type.starts_with("application/problem+json");
}

}  // namespace

std::string_view to_string(Coding coding) noexcept {
  return coding == Coding::gzip ? "gzip" : "zstd";
}

std::optional<Coding> preferred_coding(std::string_view accept_encoding) noexcept {
  Weights weights;
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    const auto member = trimmed(accept_encoding.substr(0, comma));
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    if (!member.empty() && !note(member, weights)) return std::nullopt;
  }
  const int others = weights.any.value_or(0);
  const int gzip = weights.gzip.value_or(others);
  const int zstd = weights.zstd.value_or(others);
  const int best = gzip > zstd ? gzip : zstd;
  if (best == 0 || best < weights.identity.value_or(0)) return std::nullopt;
  return gzip > zstd ? Coding::gzip : Coding::zstd;
}

void compress(Response& response, const RequestHead& request) {
  const auto type = response.headers.get("Content-Type");
  const std::string_view content = response.content();
  if (!type || !is_json(*type) || content.size() < kLeastToCompress ||
      content.size() > kMostToCompress || response.headers.get("Content-Encoding")) {
    return;
  }
  response.headers.add("Vary", "Accept-Encoding");
  const auto accepted = request.headers.get("Accept-Encoding");
  if (!accepted || request.headers.count("Accept-Encoding") > 1) return;
  const auto coding = preferred_coding(*accepted);
  if (!coding) return;
  std::string smaller =
      *coding == Coding::gzip ? gzip_compressed(content) : zstd_compressed(content);
  if (smaller.size() >= content.size()) return;
  response.headers.set("Content-Encoding", to_string(*coding));
  response.body = std::move(smaller);
  response.fixed = {};
}

}  // namespace wardbook::net

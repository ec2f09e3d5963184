#include "s3/endpoint.h"

#include <stdexcept>

#include "base/text.h"
#include "net/message.h"

namespace wardbook::s3 {
namespace {

[[noreturn]] void refuse(std::string_view url, std::string_view why) {
  throw std::invalid_argument("object store address '" + std::string(url) +
                              "': " + std::string(why));
}

}  // namespace

Endpoint Endpoint::parse(std::string_view url) {
  Endpoint out;
  auto rest = url;
  if (rest.starts_with("https://")) {
    out.tls = true;
    out.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    refuse(url, "must start with http:// or https://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    refuse(url, "must be scheme, host and port only");
  }
  auto colon = rest.rfind(':');
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) refuse(url, "']' is missing");
    out.host = rest.substr(1, end - 1);
    rest = rest.substr(end + 1);
    colon = rest.empty() ? std::string_view::npos : 0;
    if (!rest.empty() && rest.front() != ':') refuse(url, "a port must follow ']'");
  } else {
    out.host = rest.substr(0, colon);
    if (out.host.find(':') != std::string::npos) refuse(url, "IPv6 addresses need brackets");
  }
  if (out.host.empty()) refuse(url, "has no host");
  if (colon != std::string_view::npos) {
    out.port = parse_number<std::uint16_t>(rest.substr(colon + 1)).value_or(0);
    if (out.port == 0) refuse(url, "the port is not a number from 1 to 65535");
  }
  return out;
}

std::string Endpoint::authority() const {
  auto out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string Endpoint::url() const {
  return (tls ? "https://" : "http://") + authority();
}

BucketAddress::BucketAddress(const Endpoint& endpoint, std::string_view bucket, bool path_style) {
  auto at = endpoint;
  if (path_style) {
    path_prefix = "/" + net::percent_encode(bucket) + "/";
  } else {
    at.host = std::string(bucket) + "." + at.host;
    path_prefix = "/";
  }
  host = at.authority();
  origin = at.url();
}

}  // namespace wardbook::s3

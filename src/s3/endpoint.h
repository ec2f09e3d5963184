#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wardbook::s3 {

/// Where a store listens.
struct Endpoint {
  bool tls = false;
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 80;

  /// From `http://host[:port]` or `https://host[:port]`, a closing '/' allowed, no path.
  /// Throws std::invalid_argument with one clear line for anything else.
  [[nodiscard]] static Endpoint parse(std::string_view url);
  /// As in a Host header: IPv6 in brackets, the scheme's own port left out.
  [[nodiscard]] std::string authority() const;
  /// Scheme and authority, without a closing '/'.
  [[nodiscard]] std::string url() const;
};

/// How one bucket is addressed on an endpoint: as the first segment of the path (path style), or as
/// the first label of the host name (virtual-host style).
struct BucketAddress {
  BucketAddress(const Endpoint& endpoint, std::string_view bucket, bool path_style);

  std::string origin;       ///< scheme and authority
  std::string host;         ///< the Host header
  std::string path_prefix;  ///< `/bucket/` or `/`; the encoded key follows
};

}  // namespace wardbook::s3

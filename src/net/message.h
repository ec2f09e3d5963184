#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardbook::net {

/// Header fields in the order they came; names compare without case (RFC 9110, 5.1). A message has
/// few of them, so a scan beats a map.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// How often the field came.
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  [[nodiscard]] const std::vector<Field>& all() const noexcept { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// A request's head, already checked by the server: one well-formed request line, no obs-fold, no
/// bare CR or LF, at most one Content-Length and never beside Transfer-Encoding.
struct RequestHead {
  std::string method;  ///< as sent; methods are case-sensitive
  std::string target;  ///< origin-form as sent, path and query, undecoded; starts with '/'
  Headers headers;
  /// The client's address: the peer's, or what a trusted proxy says of it (forwarded_client).
  std::string remote_ip;
  bool http_1_0 = false;

  [[nodiscard]] std::string_view raw_path() const;   ///< target up to '?'
  [[nodiscard]] std::string_view raw_query() const;  ///< after '?', or empty
};

/// An answer with its body in memory. The server adds Date, Content-Length and Connection.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// Instead of `body`: bytes that live as long as the program, so that clients who read slowly
  /// hold no copies of them.
  std::string_view fixed = {};

  [[nodiscard]] std::string_view content() const {
    return fixed.empty() ? std::string_view(body) : fixed;
  }
};

/// %XX decoded; nullopt on a broken escape or %00. '+' stays (it is a space only in forms).
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Everything but RFC 3986's unreserved characters as %XX (upper case). With `keep_slash`, '/'
/// stays.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

using QueryParams = std::vector<std::pair<std::string, std::string>>;
inline constexpr std::size_t kMostQueryParams = 256;
/// Splits and decodes a query string ('+' is a space); nullopt on a broken escape, or for more
/// parameters than that.
[[nodiscard]] std::optional<QueryParams> parse_query(std::string_view raw_query);

}  // namespace wardbook::net

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/failure.h"
#include "net/message.h"

namespace wardbook::net {

/// Looks for the end of a message's head in bytes that arrive piece by piece, and refuses a bare CR
/// or LF as soon as it is seen: a peer that waits for an answer after "\n\n" gets one at once.
/// Linear in the bytes however they are cut.
class HeadScanner {
 public:
  enum class Result { incomplete, complete, malformed };

  /// `bytes` is everything since the message's first byte, what earlier calls saw included.
  [[nodiscard]] Result scan(std::string_view bytes);
  /// After `complete`: the head's length with its empty line.
  [[nodiscard]] std::size_t length() const noexcept { return at_; }
  void reset() noexcept { at_ = line_ = 0; }

 private:
  std::size_t at_ = 0;    // everything before is checked
  std::size_t line_ = 0;  // where the current line starts
};

/// What the head says about the message's body and the connection.
struct RequestFraming {
  std::optional<std::uint64_t> content_length;  ///< 0 without a body; nullopt: chunked
  bool keep_alive = true;
  bool expect_continue = false;
};

struct CheckedRequest {
  RequestHead head;  ///< remote_ip is left empty
  RequestFraming framing;
};

/// Looking one up is a walk over all of them. S3's metadata are the most that anybody needs.
inline constexpr std::size_t kMostFields = 256;

/// Reads a whole head (up to and with its empty line) strictly, see Server for what is refused. The
/// Failure has code bad_request, headers_too_large (more than kMostFields), not_implemented (a
/// transfer-coding other than chunked) or expectation_failed. A function of the bytes alone.
[[nodiscard]] std::variant<CheckedRequest, Failure> check_request_head(std::string_view head);

/// RFC 9110, 5.6.2: what methods and field names are made of.
[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] bool is_token_char(char c);
/// Printable, space, tab and bytes from 0x80 (RFC 9110, 5.5).
[[nodiscard]] bool is_field_value(std::string_view text);
/// Decimal digits only, at most 18 of them; nullopt for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_content_length(std::string_view text);

}  // namespace wardbook::net

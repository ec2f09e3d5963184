#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "net/message.h"

namespace wardbook::net {

/// RFC 9110's phrase; "Status" for a number that has none.
[[nodiscard]] std::string_view reason_phrase(int status);

/// The Date field's value, made anew once a second.
class DateCache {
 public:
  [[nodiscard]] std::string_view now();

 private:
  std::time_t second_ = -1;
  std::string text_;
};

/// What the server decides about an answer, beside what the handler gave.
struct AnswerFraming {
  std::optional<std::uint64_t> content_length;  ///< sent when set
  bool chunked = false;
  bool close = false;
  bool keep_alive_1_0 = false;  ///< an HTTP/1.0 client asked for it and gets it
};

/// Appends status line and header section to `out`. Content-Length, Transfer-Encoding, Connection,
/// Keep-Alive, Date and X-Request-ID among `headers` are replaced; control characters in values
/// become spaces, so that no value can end the section early.
void append_response_head(std::string& out, int status, const Headers& headers,
                          const AnswerFraming& framing, std::string_view date,
                          std::string_view request_id);

}  // namespace wardbook::net

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/message.h"

namespace wardbook::net {

enum class BodyKind { none, length, chunked, until_close };

struct ResponseHead {
  int status = 0;
  Headers headers;
  BodyKind body = BodyKind::none;
  std::optional<std::uint64_t> content_length;  ///< as sent; after HEAD too, where no body follows
  bool keep_alive = true;
};

/// Reads a response's whole head, up to and with its empty line. `to_head`: it answers HEAD.
/// nullopt when it is malformed or says two things about the body's length.
[[nodiscard]] std::optional<ResponseHead> check_response_head(std::string_view head, bool to_head);

}  // namespace wardbook::net

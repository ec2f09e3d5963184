#pragma once

#include <optional>
#include <string>
#include <string_view>

/// In which encoding a text is that somebody sent: laboratories and old programs do not all write
/// UTF-8.
namespace wardbook::text {

/// The encoding's name as IANA has it, if these bytes are text; nullopt if they are none: what no
/// encoding explains, or what has control characters beyond white space and separators. UTF-8,
/// UTF-16 (by its mark or its zeros), then `declared`, where the bytes are text in it, then what
/// is most likely. `whole`: nothing follows; else a character may be cut off at the end.
[[nodiscard]] std::optional<std::string> charset_of(std::string_view bytes, bool whole,
                                                    std::string_view declared = {});
/// The text in UTF-8, without a mark at its beginning. `charset` is one that charset_of gave for
/// these bytes.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace wardbook::text

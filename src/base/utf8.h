#pragma once

#include <string>
#include <string_view>

namespace wardbook {

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool valid_utf8(std::string_view text);

/// Bytes of the blank that the text begins with, 0 if there is none: tab, line breaks, space, the
/// other white space of Unicode (White_Space=yes), and what shows nothing (zero-width space,
/// joiners, word joiner, byte order mark).
[[nodiscard]] std::size_t blank_at_front(std::string_view text);
/// Each run of blanks as one space, none at the ends.
[[nodiscard]] std::string single_spaced(std::string_view text);

}  // namespace wardbook

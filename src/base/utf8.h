#pragma once

#include <string_view>

namespace wardbook {

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace wardbook

#pragma once

#include <string_view>
#include <vector>

namespace wardbook::text {

/// Where the words end in a text of Thai, Lao, Khmer or Burmese, which are written without blanks:
/// by ICU's dictionaries.
[[nodiscard]] std::vector<std::size_t> word_ends(std::string_view text);

}  // namespace wardbook::text

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wardbook::text {

/// How else a word of five letters or more is written, as `Folded` has it: British and American,
/// -ise and -ize, Portuguese -ão and -ões. Without the word itself.
[[nodiscard]] std::vector<std::string> other_spellings(std::string_view word);

/// Without the e of ae, oe and ue, which are how umlauts are typed without them.
[[nodiscard]] std::string without_umlauts(std::string_view word);
/// An original text with ae, oe and ue for its umlauts.
[[nodiscard]] std::string with_spelled_umlauts(std::string_view original);

}  // namespace wardbook::text

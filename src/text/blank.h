#pragma once

#include <string_view>

/// What a text shows to a reader.
namespace wardbook::text {

/// Nothing to be seen: blanks of any kind (White_Space), control and format characters, and what
/// shows nothing (Default_Ignorable_Code_Point: zero-width space, soft hyphen, fillers, marks of
/// direction, variation selectors, tags) or looks like a blank (the empty braille pattern).
[[nodiscard]] bool blank(std::string_view text);

/// Holds something that cannot be seen but for an ordinary space: as `blank`, one character of it.
[[nodiscard]] bool holds_unseen(std::string_view text);

/// Holds something that no keyboard gives: control characters, separators of lines, the byte order
/// mark, which editors write unasked, and code points that are no characters.
[[nodiscard]] bool holds_untypable(std::string_view text);

/// Holds a mark that turns the direction of what follows (embeddings, overrides, isolates: U+202A
/// to U+202E, U+2066 to U+2069): with one, a name is displayed as another.
[[nodiscard]] bool turns_direction(std::string_view text);

}  // namespace wardbook::text

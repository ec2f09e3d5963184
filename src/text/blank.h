#pragma once

#include <string_view>

/// What a text shows to a reader.
namespace wardbook::text {

/// Says nothing: holds no letter, number, punctuation or symbol that is seen by itself. Blanks of
/// any kind (White_Space), control and format characters, what shows nothing
/// (Default_Ignorable_Code_Point: zero-width space, soft hyphen, fillers, marks of direction,
/// variation selectors, tags), signs that are drawn empty (the empty braille pattern), combining
/// marks, code points for private use or without a character, and what stands for something that
/// was lost (U+FFFC, U+FFFD, invalid UTF-8) are not enough.
[[nodiscard]] bool blank(std::string_view text);

/// Holds something that cannot be seen but for an ordinary space: White_Space, control and format
/// characters, Default_Ignorable_Code_Point, signs that are drawn empty.
[[nodiscard]] bool holds_unseen(std::string_view text);

/// Holds something that no keyboard gives: control characters, separators of lines, the byte order
/// mark, which editors write unasked, and code points that are no characters.
[[nodiscard]] bool holds_untypable(std::string_view text);

/// Holds a mark that turns the direction of what follows (embeddings, overrides, isolates: U+202A
/// to U+202E, U+2066 to U+2069): with one, a name is displayed as another.
[[nodiscard]] bool turns_direction(std::string_view text);

}  // namespace wardbook::text

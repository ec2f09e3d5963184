#pragma once

#include <string>
#include <string_view>

/// Words: how text is compared, whatever script, keyboard or program it came from. On ICU; invalid
/// UTF-8 is read as U+FFFD.
namespace wardbook::text {

/// What must be unique or must match is compared by this: NFKC, case folded, characters that show
/// nothing (Default_Ignorable_Code_Point) removed, each run of blanks as one space, none at the
/// ends. Idempotent. For comparing only: what was entered is what is kept and shown.
[[nodiscard]] std::string key(std::string_view text);

/// As `key`, and without accents: names that people write with or without them (of laboratory
/// tests, of drugs).
[[nodiscard]] std::string plain_key(std::string_view text);

/// NFC: the same text typed on another system has the same bytes.
[[nodiscard]] std::string nfc(std::string_view text);

/// A password's form, RFC 8265's OpaqueString: NFC, and any space as U+0020, which is what another
/// keyboard gives. It refuses nothing.
[[nodiscard]] std::string opaque(std::string_view text);

/// The code points.
[[nodiscard]] std::u32string points(std::string_view text);
void append_point(char32_t point, std::string& out);

/// Whether it is a letter of any script, a mark that belongs to one, or a number.
[[nodiscard]] bool is_word(char32_t point);

}  // namespace wardbook::text

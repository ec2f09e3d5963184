#include "text/blank.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace wardbook::text {
namespace {

/// Signs of which nothing is drawn: the empty braille pattern, the null notehead, and the blanks
/// among Egyptian hieroglyphs.
bool drawn_empty(UChar32 point) {
  return point == 0x2800 || point == 0x1D159 || point == 0x13441 || point == 0x13442;
}

/// Of a few format characters one sees a sign: the numbers' signs of Arabic, for instance.
bool unseen(UChar32 point) {
  if (point < 0) return false;  // no character: a reader is shown U+FFFD
  if (drawn_empty(point) || u_isUWhiteSpace(point)) return true;
  if (u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return true;
  const auto category = u_charType(point);
  if (category == U_CONTROL_CHAR) return true;
  return category == U_FORMAT_CHAR &&
         !u_hasBinaryProperty(point, UCHAR_PREPENDED_CONCATENATION_MARK);
}

/// U+FFFC is where an object was, U+FFFD where a character was that could not be read.
bool stands_for_what_is_lost(UChar32 point) {
  return point < 0 || point == 0xFFFC || point == 0xFFFD;
}

/// What is something by itself: letters, numbers, punctuation and symbols. A mark needs a letter;
/// a code point without a character, or for private use, is another sign or an empty box on each
/// system.
bool tells(UChar32 point) {
  if (stands_for_what_is_lost(point) || unseen(point)) return false;
  const auto mask = U_GET_GC_MASK(point);
  // Of format characters only those that are seen have come this far.
  return (mask & (U_GC_L_MASK | U_GC_N_MASK | U_GC_P_MASK | U_GC_S_MASK | U_GC_CF_MASK)) != 0;
}

bool untypable(UChar32 point) {
  if (point < 0 || point == 0xFEFF) return true;
  const auto category = u_charType(point);
  return category == U_CONTROL_CHAR || category == U_LINE_SEPARATOR ||
         category == U_PARAGRAPH_SEPARATOR ||
         u_hasBinaryProperty(point, UCHAR_NONCHARACTER_CODE_POINT);
}

bool turns(UChar32 point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

/// Whether one of the characters is such.
template <class Such>
bool any(std::string_view text, Such such) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 point = 0;
    U8_NEXT(bytes, i, size, point);
    if (such(point)) return true;
  }
  return false;
}

}  // namespace

bool blank(std::string_view text) {
  return !any(text, tells);
}

bool holds_unseen(std::string_view text) {
  return any(text, [](UChar32 point) { return point != ' ' && unseen(point); });
}

bool holds_untypable(std::string_view text) {
  return any(text, untypable);
}

bool turns_direction(std::string_view text) {
  return any(text, turns);
}

}  // namespace wardbook::text

#include "text/blank.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace wardbook::text {
namespace {

constexpr UChar32 kEmptyBraille = 0x2800;

/// Of a few format characters one sees a sign: the numbers' signs of Arabic, for instance.
bool unseen(UChar32 point) {
  if (point < 0) return false;  // no character: a reader is shown U+FFFD
  if (point == kEmptyBraille || u_isUWhiteSpace(point)) return true;
  if (u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return true;
  const auto category = u_charType(point);
  if (category == U_CONTROL_CHAR) return true;
  return category == U_FORMAT_CHAR &&
         !u_hasBinaryProperty(point, UCHAR_PREPENDED_CONCATENATION_MARK);
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
  return !any(text, [](UChar32 point) { return !unseen(point); });
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

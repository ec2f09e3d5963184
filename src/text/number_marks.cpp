#include "text/number_marks.h"

#include <unicode/uloc.h>
#include <unicode/unum.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

namespace wardbook::text {
namespace {

constexpr std::size_t kTagMost = 35;  // BCP 47, 4.4.1

/// ICU's name of the locale; empty where the tag is none.
std::string icu_locale(const std::string& tag) {
  std::array<char, ULOC_FULLNAME_CAPACITY> name{};
  UErrorCode error = U_ZERO_ERROR;
  int32_t parsed = 0;
  uloc_forLanguageTag(tag.c_str(), name.data(), static_cast<int32_t>(name.size()), &parsed, &error);
  if (U_FAILURE(error) != 0 || parsed != static_cast<int32_t>(tag.size())) return {};
  return name.data();
}

char32_t symbol(const UNumberFormat* format, UNumberFormatSymbol which, char32_t otherwise) {
  std::array<UChar, 8> text{};
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length =
      unum_getSymbol(format, which, text.data(), static_cast<int32_t>(text.size()), &error);
  return U_SUCCESS(error) != 0 && length == 1 ? static_cast<char32_t>(text[0]) : otherwise;
}

}  // namespace

NumberMarks marks_of(const std::string& locale) {
  NumberMarks out;
  UErrorCode error = U_ZERO_ERROR;
  UNumberFormat* format =
      unum_open(UNUM_DECIMAL, nullptr, 0, icu_locale(locale).c_str(), nullptr, &error);
  if (U_FAILURE(error) != 0) return out;
  out.decimal = symbol(format, UNUM_DECIMAL_SEPARATOR_SYMBOL, out.decimal);
  out.grouping = symbol(format, UNUM_GROUPING_SEPARATOR_SYMBOL, out.grouping);
  unum_close(format);
  return out;
}

bool is_locale(const std::string& tag) {
  if (tag.empty() || tag.size() > kTagMost) return false;
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-'; };
  if (!std::ranges::all_of(tag, fits)) return false;
  const std::string locale = icu_locale(tag);
  const std::string_view language = std::string_view(locale).substr(0, locale.find('_'));
  if (language.size() < 2) return false;
  for (int32_t i = 0; i < uloc_countAvailable(); ++i) {
    const std::string_view known = uloc_getAvailable(i);
    if (known.substr(0, known.find('_')) == language) return true;
  }
  return false;
}

}  // namespace wardbook::text

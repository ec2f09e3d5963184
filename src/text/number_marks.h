#pragma once

#include <string>

/// How numbers are written where a hospital is.
namespace wardbook::text {

/// The marks of a locale, by CLDR: `de-DE` has a comma before the decimals and points between
/// thousands.
struct NumberMarks {
  char32_t decimal = U'.';
  char32_t grouping = U',';
  bool operator==(const NumberMarks&) const = default;
};
/// `locale` is a BCP 47 language tag.
[[nodiscard]] NumberMarks marks_of(const std::string& locale);

/// Whether it is a language tag whose language ICU has.
[[nodiscard]] bool is_locale(const std::string& tag);

}  // namespace wardbook::text

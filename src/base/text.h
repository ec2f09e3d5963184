#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Small helpers on text that protocols, codes and configuration are written in. They know ASCII
/// alone, whatever the locale, and leave every other byte as it is; so they are safe on UTF-8. What
/// people write, in whatever script, is compared by src/text/.
namespace wardbook {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
[[nodiscard]] constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return is_lower(c) || is_upper(c);
}
[[nodiscard]] constexpr bool is_letter_or_digit(char c) noexcept {
  return is_letter(c) || is_digit(c);
}

[[nodiscard]] constexpr char lower_case(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr char upper_case(char c) noexcept {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);
/// Equal but for the case of letters, as names and tokens of HTTP are.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

[[nodiscard]] bool starts_with_ignoring_case(std::string_view text,
                                             std::string_view prefix) noexcept;

/// 0 to 15, in either case; -1 for any other character.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
/// At least one character, and all of them digits.
[[nodiscard]] bool all_digits(std::string_view text) noexcept;
/// At least one character, and all of them hex digits in lower case, as this program writes them.
[[nodiscard]] bool all_lower_hex(std::string_view text) noexcept;

/// The optional white space of HTTP (RFC 9110, section 5.6.3).
inline constexpr std::string_view kSpaceAndTab = " \t";
/// White space of XML and JSON.
inline constexpr std::string_view kWhiteSpace = " \t\r\n";
/// Without the characters of `blanks` at either end.
[[nodiscard]] std::string_view trimmed(std::string_view text,
                                       std::string_view blanks = kSpaceAndTab) noexcept;
[[nodiscard]] std::string_view trimmed_end(std::string_view text,
                                           std::string_view blanks = kSpaceAndTab) noexcept;
/// Nothing but characters of `blanks`, or nothing at all.
[[nodiscard]] bool only_blanks(std::string_view text,
                               std::string_view blanks = kSpaceAndTab) noexcept;

/// What is between double quotes, if it is; nothing is unescaped.
[[nodiscard]] std::string_view unquoted(std::string_view text) noexcept;

/// What stands between the separators, empty parts included: one more than there are separators.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  std::string_view separator);
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator);

/// The whole text as a number that fits: no sign but a minus where the type has one, no blanks.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, int base = 10) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}
/// The same with a point and an exponent; "inf" and "nan" are numbers as well.
template <std::floating_point Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}
/// Without leading zeros, in lower case.
[[nodiscard]] std::string hex_number(std::uint64_t number);

}  // namespace wardbook

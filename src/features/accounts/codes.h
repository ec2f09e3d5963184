#pragma once

#include <optional>
#include <string>
#include <string_view>

/// One-time codes, as an administrator hands them over: by word of mouth, on paper, by a message.
namespace wardbook::accounts {

/// A code's text: five groups of four characters of Crockford's base 32, which has no I, L, O and
/// U. The first group only finds the invitation; the other 80 bits are the secret. Wrong codes are
/// counted where the first group is right: somebody who knows no more than an address uses up the
/// tries at its invitations only by trying all first groups, a million of them.
struct OneTimeCode {
  std::string text;     ///< XXXX-XXXX-XXXX-XXXX-XXXX
  std::string locator;  ///< the first group
  std::string hash;     ///< SHA-256 of the characters: what is stored
};

/// From 13 or more bytes that nobody can guess.
[[nodiscard]] OneTimeCode code_from(std::string_view random);
/// As somebody typed it: lower case, other separators, full width, O for 0, I and L for 1. nullopt
/// when it cannot be a code.
[[nodiscard]] std::optional<OneTimeCode> read_code(std::string_view typed);

}  // namespace wardbook::accounts

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"
#include "features/accounts/accounts.h"
#include "features/accounts/common_passwords.h"
#include "text/blank.h"
#include "text/key.h"

/// What may be a password. The rules follow NIST SP 800-63B: length, not composition, and none that
/// everybody tries first.
namespace wardbook::accounts {
namespace {

using Points = std::u32string;

/// The same up to four characters over and over.
bool repeats(const Points& text) {
  for (std::size_t unit = 1; unit <= 4 && unit < text.size(); ++unit) {
    std::size_t i = unit;
    while (i < text.size() && text[i] == text[i - unit]) ++i;
    if (i == text.size()) return true;
  }
  return false;
}

/// One after the other, as on a ruler: abcdefghijkl, 987654321098.
bool runs(const Points& text) {
  const auto step_of = [](char32_t from, char32_t to) -> int {
    if (from == U'9' && to == U'0') return 1;
    if (from == U'0' && to == U'9') return -1;
    return static_cast<int>(to) - static_cast<int>(from);
  };
  const int first = step_of(text[0], text[1]);
  if (first != 1 && first != -1) return false;
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (step_of(text[i - 1], text[i]) != first) return false;
  }
  return true;
}

/// What is left without the digits and signs around it: everybody's way to a longer password.
std::string_view core_of(std::string_view key) {
  const auto in_word = [](char c) { return is_lower(c) || (c & 0x80) != 0; };
  while (!key.empty() && !in_word(key.front())) key.remove_prefix(1);
  while (!key.empty() && !in_word(key.back())) key.remove_suffix(1);
  return key;
}

constexpr std::array<std::string_view, 15> kCores{
    "admin",    "administrator", "azertyuiop", "changeme",   "hospital",
    "iloveyou", "letmein",       "passw0rd",   "password",   "passwords",
    "passwort", "qwerty",        "qwertyuiop", "qwertzuiop", "welcome"};

}  // namespace

std::string normalized_password(std::string_view password) {
  return text::opaque(password);
}

std::optional<std::string> password_form_fault(std::string_view password) {
  if (!valid_utf8(password)) return "is not UTF-8";
  if (text::holds_untypable(password)) return "holds characters that cannot be typed";
  if (text::blank(password)) return "must not be blank";
  return std::nullopt;
}

bool common_password(std::string_view password) {
  const std::string key = text::key(password);
  const Points points = text::points(key);
  if (points.size() < 2 || repeats(points) || runs(points)) return true;
  const auto common = common_passwords();
  if (std::ranges::binary_search(common, std::string_view(key))) return true;
  return std::ranges::find(kCores, core_of(key)) != kCores.end();
}

std::optional<std::string> password_fault(std::string_view password, std::string_view email) {
  if (auto why = password_form_fault(password)) return why;
  const std::size_t length = text::points(normalized_password(password)).size();
  if (length < kPasswordLeast || length > kPasswordMost) {
    return "must have " + std::to_string(kPasswordLeast) + " to " + std::to_string(kPasswordMost) +
           " characters";
  }
  const std::string key = text::key(password);
  const std::string address = email_key(email);
  if (!address.empty() && (key == address || key == address.substr(0, address.find('@')))) {
    return "must not be the email address";
  }
  if (common_password(password)) return "is too easy to guess";
  return std::nullopt;
}

}  // namespace wardbook::accounts

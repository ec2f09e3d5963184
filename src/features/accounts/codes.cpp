#include "features/accounts/codes.h"

#include <stdexcept>

#include "base/hash.h"
#include "base/text.h"
#include "text/key.h"

namespace wardbook::accounts {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kGroup = 4;
constexpr std::size_t kLength = 20;

OneTimeCode code_spelled(const std::string& characters) {
  OneTimeCode out;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (i != 0 && i % kGroup == 0) out.text += '-';
    out.text += characters[i];
  }
  out.locator = characters.substr(0, kGroup);
  out.hash = as_chars(sha256(characters));
  return out;
}

}  // namespace

OneTimeCode code_from(std::string_view random) {
  if (random.size() * 8 < kLength * 5) throw std::logic_error("too few bytes for a code");
  std::string characters;
  unsigned bits = 0;
  unsigned have = 0;
  for (const char c : random) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    have += 8;
    while (have >= 5 && characters.size() < kLength) {
      have -= 5;
      characters += kAlphabet[bits >> have & 31U];
    }
  }
  return code_spelled(characters);
}

std::optional<OneTimeCode> read_code(std::string_view typed) {
  std::string characters;
  for (char c : text::key(typed)) {
    if (c == '-' || c == ' ' || c == '.') continue;
    c = upper_case(c);
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (kAlphabet.find(c) == std::string_view::npos || characters.size() == kLength) {
      return std::nullopt;
    }
    characters += c;
  }
  if (characters.size() != kLength) return std::nullopt;
  return code_spelled(characters);
}

}  // namespace wardbook::accounts

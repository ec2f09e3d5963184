#pragma once

#include <string>
#include <string_view>

#include "text/tokens.h"

namespace wardbook::text {

/// Bytes of a lexeme: PostgreSQL takes less than 2 KB. What is longer is cut, in documents, queries
/// and highlights alike.
inline constexpr std::size_t kLongestLexeme = 1000;
/// Characters of a compound as one word.
inline constexpr std::size_t kLongestJoined = 40;

/// What a token is found by besides itself; empty where there is nothing. A word has at most one of
/// them: stems are of Latin and Cyrillic letters.
struct Forms {
  std::string_view lexeme;
  std::string stem;
  std::string_view bare;
};
[[nodiscard]] Forms forms_of(const Tokens& tokens, const Token& token);

}  // namespace wardbook::text

#include "text/lexemes.h"

#include "text/stems.h"

namespace wardbook::text {

Forms forms_of(const Tokens& tokens, const Token& token) {
  Forms out;
  out.lexeme = beginning(tokens.text_of(token), kLongestLexeme);
  if (token.kind != Token::Kind::letters) return out;
  out.stem = indexed_stem(out.lexeme, token.ascii);
  if (!token.ascii) {
    const auto without = bare(out.lexeme);
    if (without.size() < out.lexeme.size()) out.bare = without;
  }
  return out;
}

}  // namespace wardbook::text

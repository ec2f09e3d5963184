#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/folded.h"

namespace wardbook::text {

/// A word, a number or a character that stands for itself: the unit of which documents, queries and
/// highlights are made.
struct Token {
  enum class Kind {
    letters,   ///< a word
    mixed,     ///< letters with digits behind them, a code with its points (il6, s72.001a)
    number,    ///< with its points (11.5, 3.5.2026)
    alone,     ///< a character of Chinese or Japanese
    unspaced,  ///< a word of Thai, Lao, Khmer or Burmese
  };
  Kind kind = Kind::letters;
  bool ascii = true;
  bool hyphened = false;  ///< a hyphen and nothing else stands between it and the one before
  bool glued = false;     ///< nothing stands between
  std::size_t from = 0;   ///< in the folded text
  std::size_t to = 0;
  std::size_t begin = 0;  ///< in the original
  std::size_t end = 0;
};

/// A compound of words as one word (follow-up: followup).
struct Joined {
  std::size_t first = 0;  ///< of the tokens
  std::size_t last = 0;   ///< behind the last one
  std::string text;
};

/// A text, taken apart. A number and what is written right behind it are two tokens, so are what a
/// hyphen, a slash or a full stop joins; a comma between digits is a point where it belongs to the
/// number.
class Tokens {
 public:
  explicit Tokens(std::string_view original);

  [[nodiscard]] const std::vector<Token>& all() const { return tokens_; }
  [[nodiscard]] const std::vector<Joined>& joined() const { return joined_; }
  [[nodiscard]] std::string_view text_of(const Token& token) const {
    return std::string_view(folded_.text()).substr(token.from, token.to - token.from);
  }
  [[nodiscard]] const std::string& folded() const { return folded_.text(); }

 private:
  [[nodiscard]] bool digit_at(std::size_t at) const;
  [[nodiscard]] std::size_t digits_end(std::size_t at) const;
  void put_points();
  std::size_t put_points_in(std::size_t at);
  std::size_t add_number(std::size_t from);
  std::size_t add_word(std::size_t from);
  std::size_t add_unspaced(std::size_t from);
  void add(Token::Kind kind, std::size_t from, std::size_t to, bool ascii);
  void find_tokens();
  void join_compounds();

  Folded folded_;
  std::vector<Token> tokens_;
  std::vector<Joined> joined_;
};

/// The number of characters.
[[nodiscard]] std::size_t characters(std::string_view text);
/// As much of the text as `most` bytes hold, in whole characters.
[[nodiscard]] std::string_view beginning(std::string_view text, std::size_t most);

}  // namespace wardbook::text

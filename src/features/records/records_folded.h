#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook::records {

/// Whether the text ends with a letter of Thai, Lao, Burmese or Khmer, behind which a zero-width
/// space parts words; elsewhere it stands within one.
[[nodiscard]] bool ends_in_unspaced_script(std::string_view text);

/// What the database folds a character outside ASCII to (`é` -> `e`), by the character.
using Folds = std::map<std::string, std::string, std::less<>>;
/// Adds the characters outside ASCII that `text` has, not yet folded.
void collect_characters(std::string_view text, Folds& folds);

[[nodiscard]] bool is_digit(char c);
/// Whether the byte is a character's first.
[[nodiscard]] bool begins_character(char c);
/// Bytes of the character at `at`.
[[nodiscard]] std::size_t character_length(std::string_view text, std::size_t at);
/// How many there are.
[[nodiscard]] std::size_t characters(std::string_view text);
/// Whether the folded character belongs to a word.
[[nodiscard]] bool in_word(std::string_view c);

struct Word {
  std::size_t from = 0;  ///< in the folded text
  std::size_t to = 0;
};

/// A compound as one word (follow-up: followup).
struct Joined {
  Word place;
  std::string text;
  std::size_t first = 0;  ///< how long its first part is
};

/// A text as the search sees it, and where each byte of that comes from.
struct Folded {
  std::string text;
  std::vector<std::size_t> origin;  ///< one more than `text` is long
  std::vector<Word> words;
  std::vector<Joined> joined;

  Folded(std::string_view original, const Folds& folds);

  [[nodiscard]] std::string_view text_of(const Word& word) const {
    return std::string_view(text).substr(word.from, word.to - word.from);
  }

 private:
  void add(std::string_view c, std::size_t at, const Folds& folds);
  [[nodiscard]] bool digit_at(std::size_t at) const;
  [[nodiscard]] std::size_t digits_end(std::size_t at) const;
  [[nodiscard]] std::size_t number_end(std::size_t at) const;
  void put_points();
  std::size_t put_point(std::size_t at);
  void find_words();
  void join_compounds();
};

}  // namespace wardbook::records

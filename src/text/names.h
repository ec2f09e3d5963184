#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Names and numbers of people: what is stored to find them by, and what somebody typed.
namespace wardbook::text {

/// The format of what `name_words`, `letter_key` and `number_keys` make, stored beside it. Change
/// it whenever that becomes something else: a job then rewrites what there is.
inline constexpr int kNameFormat = 1;

/// The words that a name is found by, sorted: as `Folded` has them, without apostrophes (O'Brien is
/// one word), and what a hyphen joins both as one word and as several (Karl-Heinz, Karlheinz).
[[nodiscard]] std::vector<std::string> name_words(std::string_view name);

/// A word's letters, sorted: the same for a transposition.
[[nodiscard]] std::string letter_key(std::string_view word);

/// A word of a name as somebody typed it.
struct TypedName {
  std::string word;
  /// The word, and what it is with ae, oe, ue for its umlauts or the other way round, where it is
  /// so long that this is not chance (Joel).
  std::vector<std::string> forms;
  int wrong = 0;           ///< how many of its letters may be wrong
  std::size_t length = 0;  ///< in characters
  bool operator==(const TypedName&) const = default;
};

/// The words, each once, sorted: no more than are looked for.
[[nodiscard]] std::vector<TypedName> typed_name(std::string_view name);

/// Words are looked for up to this number.
inline constexpr std::size_t kMostNames = 8;

/// Two Latin letters. Beside other words one of them may be wrong (dl-Sayed).
[[nodiscard]] bool two_letters(const TypedName& typed);

/// What of the word may be a name, if the word is several names written as one (delacruz, 李小龙).
[[nodiscard]] std::vector<std::string> pieces_of(std::string_view word);
/// The word as two to four of the names `known`, which are sorted.
[[nodiscard]] std::vector<std::vector<std::string>> names_in(std::string_view word,
                                                             const std::vector<std::string>& known);

/// A number (of a patient) as it is stored to be found.
struct NumberKeys {
  std::string letters;             ///< its letters and digits: what begins so is found
  std::vector<std::string> forms;  ///< what it is the same as, each with a sign in front
};
[[nodiscard]] NumberKeys number_keys(std::string_view number);

/// A number as somebody typed it.
struct TypedNumber {
  std::string letters;
  std::string exact;                  ///< the form that it is, whatever was left out of it
  std::vector<std::string> any_form;  ///< this one and the others that it may be meant as
  bool begins_surely = false;         ///< it has a digit or a hyphen: it is hardly a name
};
[[nodiscard]] TypedNumber typed_number(std::string_view number);

/// What a word may mean: names that are known. `quality` is in thousandths.
struct Meaning {
  std::string word;
  std::vector<std::string> also;  ///< the further names, where the word is several
  int quality = 0;
};

/// A tsquery for names: all of the words, or any of them; each as it was typed, perhaps only begun,
/// or as one of its meanings. Empty if nothing can be found.
[[nodiscard]] std::string name_query(
    const std::vector<std::pair<std::string, std::vector<Meaning>>>& words, bool all);

}  // namespace wardbook::text

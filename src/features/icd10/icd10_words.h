#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Inside of the slice: what somebody typed, and which codes have it in their titles.

namespace wardbook::icd10 {

/// Codes that begin so count as having what is typed at some positions, and come before others that
/// have as much: a code among the words, or what is usually meant by a lay word.
struct PreferredCodes {
  std::string beginning;  ///< without the dot, in capitals; three characters or more
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// What titles are to say of what was typed: that they are about it; that it may be a circumstance
/// (with, due to); that it may not be there (without).
enum class Asked : std::uint8_t { subject, circumstance, absence };

/// Words to look for, and which of the typed ones each stands for. A typed word may stand here
/// several times, and it is enough to find one of them (`ii` is `2`); one that is a lay word or an
/// abbreviation stands for several words, each with a number of its own (`htn`, `ckd`).
struct TypedWords {
  std::vector<std::string> words;       ///< in lower case; accents are as typed
  std::vector<std::int64_t> positions;  ///< of the same length
  std::vector<PreferredCodes> codes;    ///< typed ones, at most three, then the usual ones
  int typed_codes = 0;
  std::int64_t last_position = 0;  ///< at most ten
  Asked asked = Asked::subject;
};

/// The words of a text, split at every ASCII character that is no letter or digit, at most ten.
/// Words that titles have for grammar's sake (of, the) are left out, unless there are no others.
/// British spelling is also looked for as American; `type2` is two words, `E11.9` is a code.
[[nodiscard]] TypedWords typed_words(std::string_view text);

/// A typed word that is in no title, and the one of a title that it may be.
struct DoubtfulWord {
  std::string word;
  std::string guess;  ///< empty if there is none
};
/// The text with lay words in place of those doubtful words that are meant for one: the guess is
/// one, or one is near. nullopt when there are none.
[[nodiscard]] std::optional<std::string> mended(std::string_view text,
                                                const std::vector<DoubtfulWord>& doubtful);

/// The beginning of a code, without separators and in capitals, if the text can be one: a letter, a
/// digit, and up to five of both. Dots, commas, dashes and spaces may be around it, after its
/// letter, and behind its category: `e11,9.`, `E 11.9`.
[[nodiscard]] std::optional<std::string> code_beginning(std::string_view text);

/// How a title has what was typed.
enum class Form : std::uint8_t {
  itself,
  number,  ///< in the singular or the plural
  other,   ///< it begins so, has the same stem, or is near to a mistyped word
};

/// The codes that have most of the typed words, in the form nearest to what was typed, and about
/// which their titles are rather than beside which they may be there, or not. A code is its place
/// in the order of the answer (wardbook.icd_codes.place).
class Matches {
 public:
  /// CMS numbers the rows of a release with five digits.
  static constexpr std::uint32_t kPlacesMost = 100'000;

  /// The first `billable` places come before all others.
  explicit Matches(std::int64_t billable = kPlacesMost, Asked asked = Asked::subject)
      : billable_(static_cast<std::size_t>(billable)), asked_(asked) {}

  /// What is added from now on has the next of the typed words. At most 255 calls.
  void next_word() { ++words_; }

  /// Lists as wardbook.icd_words has them, with a zero byte between them; a code may be in several.
  /// Each number is four times a place's distance from the one before (the first one from 0), and
  /// the word's role in the title (wardbook.icd_title_words), in bytes of seven bits, the highest
  /// first, all but the last with the eighth bit set. What is beyond kPlacesMost is left out.
  void add_lists(std::string_view lists, Form form);

  /// Other places that count as having the word.
  void add(std::span<const std::int64_t> places);

  /// To come before others that have as many words, those preferred earlier first. What is only
  /// `usual` is preferred only if it has all: another word may say that something else is meant
  /// (vaginal thrush).
  void prefer(std::span<const std::int64_t> places, bool usual);

  /// The first `limit` places of those that have all words, or, where no code has, the most.
  [[nodiscard]] std::vector<std::int64_t> best(std::size_t limit) const;

 private:
  enum class Preferred : std::uint8_t { no, with_all_words, always };
  struct Seen {
    std::uint8_t words = 0;      ///< how many it has
    std::uint8_t last_word = 0;  ///< the newest of them, counted from 1
    std::uint8_t last_cost = 0;  ///< what that one adds to
    std::uint8_t cost = 0;       ///< how far its words are from what was typed; 255 at most
    Preferred preferred = Preferred::no;
  };
  void add_place(std::uint32_t place, std::uint8_t cost);
  [[nodiscard]] bool first(const Seen& seen) const;

  std::vector<Seen> seen_;  ///< by place
  std::vector<std::int64_t> preferred_;
  std::size_t billable_;
  Asked asked_;
  std::uint8_t words_ = 0;
  std::uint8_t most_ = 0;  ///< of them in a code
};

}  // namespace wardbook::icd10

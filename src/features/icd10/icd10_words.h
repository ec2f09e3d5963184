#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Inside of the slice: what somebody typed, and which codes have it in their titles.

namespace wardbook::icd10 {

/// Words to look for, and which of the typed ones each stands for. A typed word may stand here
/// several times, and it is enough to find one of them (`ii` is `2`); one that is an abbreviation
/// stands for several words, each with a number of its own (`htn`, `ckd`).
struct TypedWords {
  std::vector<std::string> words;       ///< in lower case; accents are as typed
  std::vector<std::int64_t> positions;  ///< of the same length
};

/// The words of a text, split at every ASCII character that is no letter or digit, at most ten.
/// Words that titles have for grammar's sake (of, the) are left out, unless there are no others.
[[nodiscard]] TypedWords typed_words(std::string_view text);

/// The codes that have most of the typed words. A code is its place in the order of the answer
/// (wardbook.icd_codes.place).
class Matches {
 public:
  /// CMS numbers the rows of a release with five digits.
  static constexpr std::uint32_t kPlacesMost = 100'000;

  /// The codes that have what one typed word stands for: lists as wardbook.icd_words has them, with
  /// a zero byte between them; a code may be in several. Each of a list's places is its distance
  /// from the one before (the first one from 0) in bytes of seven bits, the highest first, all but
  /// the last with the eighth bit set. What is beyond kPlacesMost is left out. At most 255 calls.
  void add_word(std::string_view lists);

  /// The first `limit` places of those that have all words, or, where no code has, the most.
  [[nodiscard]] std::vector<std::int64_t> best(std::size_t limit) const;

 private:
  struct Seen {
    std::uint8_t words = 0;      ///< how many it has
    std::uint8_t last_word = 0;  ///< the newest of them, counted from 1
  };
  void add(std::uint32_t place);

  std::vector<Seen> seen_;  ///< by place
  std::uint8_t words_ = 0;
};

}  // namespace wardbook::icd10

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook::text {

/// A text as searches see it, and where each byte of that comes from: compatibility forms composed
/// (NFKC), without case and accents, Arabic without vowel marks, tatweel and the forms of alef, ya,
/// ta marbuta and kaf, digits of all scripts as European ones, dashes as hyphens. What shows
/// nothing (soft hyphen, joiners, zero-width space) is left out; but in Thai, Lao, Khmer and
/// Burmese, which are left as they are, a zero-width space is a blank. Invalid UTF-8 is read as
/// U+FFFD.
class Folded {
 public:
  explicit Folded(std::string_view original);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Commas that belong to a number become points.
  [[nodiscard]] char& at(std::size_t i) { return text_[i]; }
  /// Where in the original the character begins that the byte `i` of the text comes from, and where
  /// it ends.
  [[nodiscard]] std::size_t begin_of(std::size_t i) const {
    return origins_.empty() ? i : origins_[i].begin;
  }
  [[nodiscard]] std::size_t end_of(std::size_t i) const {
    return origins_.empty() ? i + 1 : origins_[i].end;
  }

 private:
  struct Origin {
    std::uint32_t begin;
    std::uint32_t end;
  };
  void add(std::string_view folded, std::size_t begin, std::size_t end);
  std::size_t add_cluster(std::string_view original, std::size_t at);

  std::string text_;
  std::vector<Origin> origins_;  ///< empty where each byte comes from itself
};

/// Whether the character belongs to Thai, Lao, Khmer or Burmese.
[[nodiscard]] bool is_unspaced(char32_t point);

}  // namespace wardbook::text

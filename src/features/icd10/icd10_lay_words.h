#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Inside of the slice: what people say and clinicians abbreviate, where titles have other words.

namespace wardbook::icd10 {

/// What is typed in place of words that titles have.
struct LayWords {
  /// Of one to three words each, in lower case, as typed_words looks them up, with `, ` between
  /// them.
  std::string_view texts;
  std::string_view words;  ///< those of the titles, with a space between them
  /// Beginnings of the codes that are usually meant, the likeliest first, with a space between
  /// them. They count as having the words, and come before others that have as many of the typed
  /// ones.
  std::string_view usual;
};

/// Ascending by their texts. No text has the words of another one.
[[nodiscard]] std::span<const LayWords> lay_words();

/// What is between those.
[[nodiscard]] std::vector<std::string_view> parts(std::string_view text,
                                                  std::string_view between = " ");

/// The longest text that the words begin with, in any order or all of them in the plural, and how
/// many of them it takes. nullptr when there is none.
struct LayFound {
  const LayWords* entry = nullptr;
  std::string_view text;
  std::size_t words = 0;
};
[[nodiscard]] LayFound find_lay_words(std::span<const std::string> words);

/// The word of a text that somebody may have mistyped: one letter is wrong, missing or too
/// much, or two have changed places; or that begins with what is typed. Only words of five letters
/// and more are compared.
[[nodiscard]] std::optional<std::string_view> near_lay_word(std::string_view word);

}  // namespace wardbook::icd10

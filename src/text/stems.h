#pragma once

#include <string>
#include <string_view>

/// Stems by libstemmer (Snowball), of words as `Folded` has them.
namespace wardbook::text {

enum class Language { english, russian, german, french, spanish, portuguese, greek };

/// The word without its ending; the word itself if it has none, or is too long to be one.
[[nodiscard]] std::string stem(Language language, std::string_view word);

/// English of ASCII, Russian of others: what every document has of its words. Empty for a word that
/// says nothing (the, и), for others than words (Greek has none), and for one that is its own stem.
[[nodiscard]] std::string indexed_stem(std::string_view word, bool ascii);

/// A word that says nothing in English or Russian.
[[nodiscard]] bool says_nothing(std::string_view word, bool ascii);

/// What denies: in a phrase it must stand as it does there.
[[nodiscard]] bool denies(std::string_view word);

/// An Arabic word without its article and its conjunction, where enough is left; else the word.
[[nodiscard]] std::string_view bare(std::string_view word);

}  // namespace wardbook::text

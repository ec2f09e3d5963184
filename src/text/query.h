#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook::text {

/// What somebody typed: words, and "phrases in quotes" of whatever kind.
struct Typed {
  std::vector<std::string> words;
  std::vector<std::string> phrases;
};
[[nodiscard]] Typed typed(std::string_view q);

/// A lexeme of documents, or the beginning of one.
struct Term {
  std::string lexeme;
  bool beginning = false;
  bool operator==(const Term&) const = default;
};

/// Any of the terms, `behind` places behind the one before it.
struct Step {
  std::vector<Term> terms;
  std::size_t behind = 1;
  bool operator==(const Step&) const = default;
};

/// Steps in their order; a single one is a word.
using Sequence = std::vector<Step>;

struct Query {
  /// As PostgreSQL reads it; empty where there is nothing to be found.
  std::string tsquery;
  /// Everything of which the tsquery is made, for highlights.
  std::vector<Sequence> sequences;
};

/// A search for all of the words and phrases.
[[nodiscard]] Query query(const Typed& typed);

}  // namespace wardbook::text

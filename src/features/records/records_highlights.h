#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/records/records_folded.h"

namespace wardbook::records {

/// What a search looks for: a word in the form it is indexed in, or its beginning.
struct Term {
  std::string lexeme;
  bool beginning = false;
  bool operator==(const Term&) const = default;
};

/// Words in their order; `places[i]` is how far the i-th is behind the one before it.
struct Phrase {
  std::vector<Term> terms;
  std::vector<std::size_t> places;
  bool operator==(const Phrase&) const = default;
};

struct Terms {
  std::vector<Term> words;
  std::vector<Phrase> phrases;
};

/// What a tsquery as PostgreSQL writes it (`'cough':* | 'dri' <-> 'cough'`) looks for, each once.
[[nodiscard]] Terms terms_of(std::string_view tsquery);

/// Why a record was found: of each text that has a word of the query one extract, the words between
/// <mark> and </mark> as they are written there, the rest escaped for HTML. At most eight; where
/// the words are farther apart than an extract is long, an extract has two parts. `number` is the
/// record's own, which is shown only if nothing else is. Never empty: what no word explains is
/// explained by the beginning of the first text. The words of a phrase are marked where they are
/// one; only where no text has anything of the query so, wherever they are.
[[nodiscard]] std::vector<std::string> highlights(const std::vector<std::string>& texts,
                                                  const std::string& number, const Terms& terms,
                                                  const Folds& folds);

}  // namespace wardbook::records

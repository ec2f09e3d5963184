#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wardbook::text {

/// The format of the documents that `document` makes, stored beside each. Change it whenever they
/// become others: a job then rewrites what there is.
inline constexpr int kSearchFormat = 1;

/// What a document is made of. `main` counts more than `rest`; of long texts the beginning is
/// taken.
struct Searched {
  std::vector<std::string> main;
  std::vector<std::string> rest;
  std::string number;  ///< the record's own: found whole and by what is behind its last hyphen
};

/// A tsvector, as PostgreSQL reads it: each word as it is (weight A in `main`, C in `rest`) and its
/// English or Russian stem, Arabic words also without their article (B, D), in their places; a
/// compound as one word, in the places of its first and its last part; and the number, apart.
/// Between two texts the places of four words stay empty, so that no phrase reaches from one into
/// the other.
[[nodiscard]] std::string document(const Searched& searched);

/// A lexeme within quotes, as tsvector and tsquery have it.
void append_lexeme(std::string_view lexeme, std::string& out);

}  // namespace wardbook::text

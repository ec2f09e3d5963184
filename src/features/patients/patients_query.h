#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace wardbook::patients {

/// What was typed to find a patient, taken apart.
struct Search {
  std::string name;                   ///< the words of a name; empty if there are none
  std::optional<std::string> number;  ///< what may be a patient's number
  std::vector<Date> births;           ///< one, or both readings of `03/04/1981`
  /// A number beside a name or a birth date, and the words of the name without it.
  std::optional<std::string> beside;
  std::string other;
  /// Both a name and a birth date: a patient has to match both.
  [[nodiscard]] bool both() const { return !births.empty() && !name.empty(); }
  /// One word with a digit (`P-0001`), or the beginning of a number and of nothing else (`P-`).
  [[nodiscard]] bool only_number() const;
};

/// A date as people write it: `1980-03-04`, `4.3.1980`, `19800304`, `04031980`, `4 Mar 1980`,
/// `March 4th, 1980`; the year has four digits and comes first or last. The day is before the
/// month, which comes first only where nothing else is possible; between slashes (`03/04/1981`)
/// both are meant. Empty for anything else.
[[nodiscard]] std::vector<Date> parse_birth_date(std::string_view text);

/// Blanks around do not count. What is a date, in up to three words, is the birth date; what has a
/// digit, or letters and a hyphen at its end, may be a number, and so may letters alone, which are
/// a name too. A word with a digit may be the number beside what else was typed.
[[nodiscard]] Search parse_search(std::string_view q);

}  // namespace wardbook::patients

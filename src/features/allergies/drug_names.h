#pragma once

#include <string>
#include <string_view>
#include <vector>

// Inside of the slice: what a written name of a substance means.

namespace wardbook::allergies {

/// Letters and digits in runs, each as the key by which words are compared: lower case, no accents,
/// singular, one spelling (sulph- is sulf-, ceph- is cef-, -mycin is -micin, ae is e), no
/// doubled letters and no final vowel, so that `Pénicillines`, `penicilina` and `Penicillin` are
/// one word.
[[nodiscard]] std::vector<std::string> word_keys(std::string_view text);

/// One ingredient as somebody wrote it.
struct Named {
  std::vector<int> drugs;          ///< of the table
  std::vector<int> groups;         ///< named as such: "penicillins"; sorted, as drugs and words are
  std::vector<int> all_groups;     ///< these and those of the drugs
  std::vector<std::string> words;  ///< what the table does not know
};

/// No product has more, and whoever writes more does not want them compared.
inline constexpr std::size_t kMostIngredients = 12;

/// What a text says.
struct Read {
  std::vector<Named> said;    ///< the parts of `Amoxicillin/clavulanate 875/125 mg`
  std::vector<Named> denied;  ///< "tolerates cephalosporins", "latex-free"
};
/// Without doses, forms and salts; the first kMostIngredients of each.
[[nodiscard]] Read read(std::string_view text);

/// The groups that a drug belongs to.
[[nodiscard]] const std::vector<int>& groups_of(int drug);
[[nodiscard]] std::string_view group_name(int group);

}  // namespace wardbook::allergies

#pragma once

#include "features/allergies/allergies.h"
#include "features/allergies/drug_table.h"

// Inside of the slice: what kind of a reaction was written down.

namespace wardbook::allergies {

struct Reaction {
  bool known = false;  ///< something that says of which kind it was
  bool rash = false;
  bool angioedema = false;
  bool immediate = false;
  bool airways = false;
  bool severe = false;
  bool intolerance = false;  ///< an effect of the drug, no allergy
};
[[nodiscard]] Reaction reaction_of(const Allergen& allergen);

/// Whether a rule holds after such a reaction.
[[nodiscard]] bool applies(const Cross& rule, const Reaction& reaction);
/// Of the substance itself.
[[nodiscard]] Grade grade_of(const Allergen& allergen, const Reaction& reaction);

}  // namespace wardbook::allergies

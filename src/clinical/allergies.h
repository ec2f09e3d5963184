#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "clinical/fields.h"

/// A patient's list of allergies, by its table in clinical/fields.h.
namespace wardbook::clinical {

/// Reads and checks a list; pointers begin with `pointer`. `before` is what the patient has: an
/// item with an id must be one of these. A text alone stands for a substance.
[[nodiscard]] std::vector<Allergy> parse_allergies(const boost::json::array& list,
                                                   const std::string& pointer,
                                                   const std::vector<Allergy>& before,
                                                   std::vector<Fault>& faults);
/// As it is stored and shown.
[[nodiscard]] std::string allergies_json(const std::vector<Allergy>& allergies);
[[nodiscard]] std::vector<Allergy> read_allergies(std::string_view json);

/// Gives new items their ids, and every item that is not as it was in `before` this version.
/// `last_id` is the highest id that an item of the patient ever had.
void settle(std::vector<Allergy>& allergies, const std::vector<Allergy>& before,
            std::int64_t version, std::int64_t& last_id);

}  // namespace wardbook::clinical

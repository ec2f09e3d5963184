#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wardbook::patients {

/// What is stored with a patient to find it, beside text::kNameFormat.
struct PatientKeys {
  std::string number;                     ///< no two patients have it: text::key
  std::string number_letters;             ///< numbers that begin so
  std::vector<std::string> number_forms;  ///< what the number is the same as
  std::vector<std::string> names;         ///< the words of the name
  std::vector<std::string> letter_keys;   ///< the letters of each, sorted
};

[[nodiscard]] PatientKeys keys_of(std::string_view number, std::string_view first_name,
                                  std::string_view last_name);

}  // namespace wardbook::patients

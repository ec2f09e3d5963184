#include "features/patients/patients_keys.h"

#include <utility>

#include "text/key.h"
#include "text/names.h"

namespace wardbook::patients {

PatientKeys keys_of(std::string_view number, std::string_view first_name,
                    std::string_view last_name) {
  PatientKeys out;
  out.number = text::key(number);
  auto found_by = text::number_keys(number);
  out.number_letters = std::move(found_by.letters);
  out.number_forms = std::move(found_by.forms);
  out.names = text::name_words(std::string(first_name) + " " + std::string(last_name));
  for (const auto& word : out.names) out.letter_keys.push_back(text::letter_key(word));
  return out;
}

}  // namespace wardbook::patients

#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/failure.h"

namespace wardbook::diagnoses {

/// What a client may write of a coded diagnosis, checked.
struct DiagnosisInput {
  std::string icd_code;  ///< upper case, with its dot
  std::optional<std::string> diagnosis_name;
  std::string diagnosis_type;  ///< primary, secondary, differential
  std::string status = "active";
  std::optional<std::string> notes;
};

/// Gathers every fault, their pointers beginning with `pointer`; whether the code exists is checked
/// against the loaded releases later.
[[nodiscard]] DiagnosisInput parse_diagnosis(const boost::json::object& body,
                                             const std::string& pointer,
                                             std::vector<Fault>& faults);

/// ` e119`, `E11.9` -> `E11.9`. nullopt when it has not the form of an ICD-10-CM code: a letter, a
/// digit, a letter or digit, then up to four more (CMS, ICD-10-CM Official Guidelines I.A.2).
[[nodiscard]] std::optional<std::string> normal_code(std::string_view text);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::diagnoses

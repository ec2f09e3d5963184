#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/pool.h"
#include "features/patients/patients.h"
#include "features/patients/patients_query.h"

// Inside of the slice: finding patients.

namespace wardbook::patients {

/// What a search found, a page of it.
struct FoundPatients {
  std::vector<Patient> rows;  ///< one more than asked for, if there is one
  std::string match;          ///< what of the search they match; a cursor names it
  std::optional<std::int64_t> total;
};

/// The cursor is the match, the score and the id of the last patient before the page.
[[nodiscard]] Task<FoundPatients> search(db::Tx& tx, Search search,
                                         std::optional<std::vector<std::string>> cursor, int limit,
                                         bool count);

}  // namespace wardbook::patients

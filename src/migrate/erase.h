#pragma once

#include <cstdint>

#include "base/ids.h"

namespace wardbook::migrate {

struct Options;

/// What became of a patient whose erasure was asked for.
enum class Erased {
  now,       ///< the rows are empty
  held,      ///< a legal hold is in force: nothing was done
  before,    ///< one of these had come of it already
  unsealed,  ///< audit entries wait for their seals: nothing was done, it is to be tried again
};

/// Empties the patient's rows as the schemas' owner, in one transaction
/// (migrations/control/routines/erasure.sql). Throws MigrationError.
[[nodiscard]] Erased erase_patient(const Options& options, const TenantId& tenant,
                                   std::int64_t erasure);

}  // namespace wardbook::migrate

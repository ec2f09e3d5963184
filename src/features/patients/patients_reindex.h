#pragma once

#include <cstdint>
#include <functional>

#include "features/app.h"

namespace wardbook::patients {

/// What rewriting a tenant's keys of patients did.
struct Rekeyed {
  std::int64_t rewritten = 0;
  std::int64_t failed = 0;  ///< of which there is a line in the log; the next pass tries again
};

/// How many patients have keys of an older format.
[[nodiscard]] Task<std::int64_t> count_outdated(db::Pool& db, TenantId tenant);

/// Rewrites what patients are found by where its format is older, a page at a time, while patients
/// are read and written as ever. What was done stays done whatever becomes of the process. `tell`
/// is called behind each page with the number of patients that it rewrote.
[[nodiscard]] Task<Rekeyed> reindex(App& app, TenantId tenant,
                                    std::function<void(std::int64_t)> tell);

}  // namespace wardbook::patients

#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "api/router.h"
#include "base/ids.h"
#include "db/pool.h"
#include "features/app.h"
#include "features/audit/audit.h"
#include "jobs/jobs.h"

/// Legal holds, and the lawful erasure of a patient: of rows, versions and search documents in one
/// transaction of the schemas' owner, then of the bytes at the store, step by step, then the
/// certificate (docs/adr/0043-erasure-and-holds.md).
namespace wardbook::erasures {

/// Carries the hospital's erasures on, each as far as it goes now. True: one waits for its audit
/// entries to be sealed, and may go on at once. Safe when two overlap. `before_step` may end it by
/// an exception before each step. Fails with database_unavailable, store_unavailable.
[[nodiscard]] Task<bool> carry_on(App& app, TenantId tenant,
                                  std::function<void()> before_step = {});
[[nodiscard]] jobs::Job job(App& app, std::chrono::seconds every);

/// Holds each certificate against the sealed log and against what is left of its patient.
[[nodiscard]] Task<> verify_certificates(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::erasures

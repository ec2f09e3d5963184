#pragma once

#include <vector>

#include "api/router.h"
#include "db/pool.h"
#include "features/audit/audit.h"

/// Pre-filled records per visit type and specialty: the built-in ones, which stay as they are, and
/// a hospital's own, of which every version is kept. `POST /records` with `template_id` starts from
/// one.
namespace wardbook::templates {

/// Recomputes the versions of templates and holds their rows against them. Adds to `verdict`.
[[nodiscard]] Task<> verify_templates(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::templates

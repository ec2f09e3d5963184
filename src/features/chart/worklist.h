#pragma once

#include "api/request.h"
#include "features/app.h"

namespace wardbook::chart {

/// GET /worklist: how much waits for the caller. Counts only, so nothing of any one patient.
[[nodiscard]] Task<api::Response> worklist(App& app, api::Request req);

}  // namespace wardbook::chart

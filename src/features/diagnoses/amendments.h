#pragma once

#include "api/router.h"
#include "features/app.h"

namespace wardbook::diagnoses {

/// POST /records/{id}/amendments: fields of the record, its diagnoses, or both.
Task<api::Response> amend_record(App& app, api::Request req);

}  // namespace wardbook::diagnoses

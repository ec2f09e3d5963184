#pragma once

#include <vector>

#include "api/router.h"

/// Pre-filled records per visit type and specialty: the built-in ones, which stay as they are, and
/// a hospital's own, of which every version is kept. `POST /records` with `template_id` starts from
/// one.
namespace wardbook::templates {

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::templates

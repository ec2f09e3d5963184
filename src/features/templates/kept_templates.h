#pragma once

#include "features/templates/templates_sql.h"

namespace wardbook::templates {

inline constexpr int kContentFormat = 1;

/// The hash of a version of a template, which has no salt: it is no patient's.
[[nodiscard]] std::string version_hash(const Version& version);

}  // namespace wardbook::templates

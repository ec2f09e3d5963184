#pragma once

#include <vector>

#include "api/router.h"

/// The coded diagnoses of a record over HTTP, one by one and by amendments of the record. Their
/// rows and rules are features/coding's.
namespace wardbook::diagnoses {

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::diagnoses

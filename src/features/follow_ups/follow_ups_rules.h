#pragma once

#include <boost/json.hpp>

#include "features/objects/objects.h"

// Inside of the slice: what a visit asks for, and what it may have kept. Pure.

namespace wardbook::follow_ups {

/// The follow-up that a visit asks for, which has a day.
[[nodiscard]] boost::json::object asked_for(const objects::VisitStep& step);

/// Whether the visit may be the one that was asked for: about the day or later, by the same doctor
/// or called a follow-up, and no emergency.
[[nodiscard]] bool may_keep(const objects::VisitStep& step, const boost::json::object& content);

}  // namespace wardbook::follow_ups

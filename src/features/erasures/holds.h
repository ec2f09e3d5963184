#pragma once

// Inside of the slice: its routes for legal holds.

#include "features/erasures/erasures.h"

namespace wardbook::erasures {

inline constexpr std::size_t kReasonMost = 2'000;

Task<api::Response> list_holds(App& app, api::Request req);
Task<api::Response> place_hold(App& app, api::Request req);
Task<api::Response> release_hold(App& app, api::Request req);

}  // namespace wardbook::erasures

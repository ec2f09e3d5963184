#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/settings.h"

namespace wardbook::app {

/// Runs the service until SIGINT or SIGTERM: then it accepts no more, lets what is in flight finish
/// (server.drain_timeout) and returns; a second signal ends it at once. `ready` is called when it
/// answers, with the port that was bound. Returns the process's exit code; what keeps it from
/// starting is one line on stderr and 1.
int serve(const Settings& settings, const std::function<void(std::uint16_t port)>& ready);

}  // namespace wardbook::app

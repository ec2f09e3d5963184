#pragma once

#include "features/app.h"
#include "jobs/jobs.h"

namespace wardbook::app {

/// Everything that runs by itself. A new job is a line here.
void add_jobs(jobs::Runner& runner, App& app);

}  // namespace wardbook::app

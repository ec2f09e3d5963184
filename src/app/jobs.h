#pragma once

#include "app/metrics.h"
#include "features/app.h"
#include "jobs/jobs.h"

namespace wardbook::app {

/// Everything that runs by itself. A new job is a line here.
void add_jobs(jobs::Runner& runner, App& app, ReactorMetrics& metrics);

}  // namespace wardbook::app

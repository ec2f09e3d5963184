#pragma once

namespace wardbook::app {

/// The command line. Returns the exit code: 0 done, 1 failed, 2 wrong usage.
int run_command(int argc, char** argv);

}  // namespace wardbook::app

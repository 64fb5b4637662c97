// Questions whose answers keep coming: watching, and streams of requests.
#pragma once

#include "services/cli/command_line.h"
#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"

namespace bursar::cli {

// Prints what comes as it comes, until there is no more, --count is reached, or a signal says so; in a folder, until
// everything that is there has been told. Call it from the main thread, before there are others.
ExitCode AskStream(const CommandLine& line, const Settings& settings, const World& world);

}  // namespace bursar::cli

// One question to the ledger and its answer on paper.
#pragma once

#include "services/cli/command_line.h"
#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"

namespace bursar::cli {

// The answer goes to world.out, an error to world.err.
ExitCode Ask(const CommandLine& line, const Settings& settings, const World& world);

}  // namespace bursar::cli

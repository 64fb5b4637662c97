// `bursar serve`.
#pragma once

#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"

namespace bursar::cli {

// Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once. Writes one line with the
// address to world.out when it is ready. Call it from the main thread, before there are others.
ExitCode Serve(const Settings& settings, const World& world);

}  // namespace bursar::cli

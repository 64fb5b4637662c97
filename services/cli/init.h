// `bursar init`.
#pragma once

#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"

namespace bursar::cli {

// Makes the store of data_dir, or makes one of a folder that holds a log alone where `adopt`.
ExitCode Init(const Settings& settings, bool adopt, const World& world);

}  // namespace bursar::cli

// The program `bursar` behind its main function.
#pragma once

#include <string>
#include <vector>

#include "services/cli/world.h"

namespace bursar::cli {

// `arguments` without the program's name. Returns the exit code, see exit_codes.h.
int Run(const std::vector<std::string>& arguments, const World& world);

}  // namespace bursar::cli

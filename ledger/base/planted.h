// Bugs planted on purpose, to see whether the tests catch them: `if (BURSAR_PLANTED(ack_before_sync)) ...`.
//
// They are compiled only with -DBURSAR_PLANTS=ON; then the one named by the environment variable BURSAR_PLANT is alive.
// In every other build the condition is `false` and the bug is not in the program. All are listed, with what finds
// them, in tests/planted/plants.txt, which a test holds against the sources.
#pragma once

#ifdef BURSAR_PLANTS

#include "absl/strings/string_view.h"

namespace bursar {

// Whether this bug was asked for.
bool Planted(absl::string_view name);

}  // namespace bursar

#define BURSAR_PLANTED(name) ::bursar::Planted(#name)
#else
#define BURSAR_PLANTED(name) false
#endif

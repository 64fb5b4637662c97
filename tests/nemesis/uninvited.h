// Nobody was let in who may not.
#pragma once

#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

// Asks for what a user may not; whatever it is, the answer has to be PERMISSION_DENIED.
inline constexpr const char* kUninvited = "user-mallory";

Findings CheckUninvited(const std::vector<Call>& calls);

}  // namespace bursar::nemesis

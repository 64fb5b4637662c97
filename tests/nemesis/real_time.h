// What was answered before something else was asked comes before it in the log; what is read is no older.
#pragma once

#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

Findings CheckRealTime(const std::vector<Call>& calls, const FinalLog& log);

}  // namespace bursar::nemesis

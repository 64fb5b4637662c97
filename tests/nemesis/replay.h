// Every answer is that of an independent model of the API, shown all that was asked in the order of the log.
#pragma once

#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

// What is refused, or was denied without being recorded, does not say as of which position, and is not judged; neither
// is a history in which something was written that has no answer. `judged` is how many answers were.
Findings CheckReplay(const std::vector<Call>& calls, const FinalLog& log, int64_t& judged);

}  // namespace bursar::nemesis

// What was answered is in the log once, what was not at most once, and nothing else is.
#pragma once

#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

Findings CheckExactlyOnce(const std::vector<Call>& calls, const FinalLog& log);

// Every answer to the same request is the same, however often and by how many clients it was asked for.
Findings CheckSameAnswers(const std::vector<Call>& calls, const FinalLog& log);

}  // namespace bursar::nemesis

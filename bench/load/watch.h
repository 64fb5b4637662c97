// How soon watchers are told, beside a bare stream in the same run.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace bursar::bench {

// Prints a table: from the commit of a crossing to its delivery at each of several numbers of watchers of funds over
// loopback, beside a message that the plainest streaming server writes to as many streams. Every round measures each in
// turn, one message at a time on a machine that has nothing else to do.
void BenchWatch(const std::string& folder, absl::Duration time, int rounds);

}  // namespace bursar::bench

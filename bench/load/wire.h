// Calls per second and latency over loopback, beside an empty gRPC call in the same run.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace bursar::bench {

// Prints a table: unary Check and PlaceHold at several numbers of outstanding calls, beside an empty unary call that
// the best server which this gRPC's callback API gives answers with nothing. Every round measures each in turn.
void BenchWire(const std::string& folder, absl::Duration time, int rounds);

}  // namespace bursar::bench

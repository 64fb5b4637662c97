// Moves the server's clock along with the simulated one.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/day/stage.h"

namespace bursar::day {

class DayClock {
 public:
  explicit DayClock(Stage& stage) : stage_(stage) {}

  // Before the day in steps of six hours, on the day in steps of one. Where it has to move it waits for all that is on
  // its way, and gives true.
  bool MoveTo(int32_t second);

 private:
  Stage& stage_;
};

// When the day begins: with the first month that leaves the weeks before it to come. FAILED_PRECONDITION where the
// server's clock moves by itself.
absl::StatusOr<absl::Time> BeginningOfDay(const std::string& server);

}  // namespace bursar::day

// The day in words and numbers, for a person.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/day/books.h"
#include "bench/day/player.h"
#include "bench/day/reconcile.h"
#include "bench/day/stage.h"

namespace bursar::day {

struct Timing {
  absl::Duration in_all;
  // Requests answered in that time.
  int64_t answered;
  // From sending a PlaceHold to its answer.
  absl::Duration hold_p50;
  absl::Duration hold_p99;
};

// The value below which `percent` of the latencies are; zero for none.
absl::Duration Percentile(std::vector<uint32_t> micros, int percent);

void PrintReport(const Stage& stage, const Player& player, const Books& books, const std::vector<Finding>& findings,
                 const Timing& timing);

}  // namespace bursar::day

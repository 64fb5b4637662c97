// What the answers had come to at a position, to be compared later with what the books say of that position.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/day/stage.h"

namespace bursar::day {

inline constexpr int32_t kBetweenSamples = 6 * kHour;

struct Sample {
  uint64_t position;
  int32_t second;
  // Of all accounts, less what was taken back.
  Amounts charged;
  Amounts paid;
  // Some of the accounts, in their order.
  std::vector<std::pair<Payer, AccountTally>> accounts;
};

// While nothing is on its way.
Sample TakeSample(const Stage& stage);

}  // namespace bursar::day

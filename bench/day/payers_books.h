// The books of the accounts, one by one: at the samples, and in the end.
#pragma once

#include <string>
#include <vector>

#include "bench/day/finding.h"
#include "bench/day/samples.h"
#include "bench/day/stage.h"

namespace bursar::day {

// By project and by member, by balance, by the books of the account and by the trial balance, the same was charged at
// each of the samples.
std::vector<Finding> CompareSamples(Stage& stage, const std::vector<Sample>& samples);

// Spending by project and by member, and the statement of the day's month: of every account whose billing is set up
// where there are 500 or fewer, else of so many, evenly.
std::vector<Finding> ComparePayers(Stage& stage);

}  // namespace bursar::day

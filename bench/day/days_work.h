// The day itself: jobs and their metering, uploads, downloads, balance reads, payments, the nightly run, the burst.
#pragma once

#include "bench/day/plan.h"
#include "bench/day/population.h"
#include "bench/day/random.h"

namespace bursar::day {

// Adds jobs, downloads and the day's phase to the plan.
void PlanDaysWork(uint64_t seed, const Population& population, Plan& plan);

}  // namespace bursar::day

// Budgets that some organizations set before the day.
#pragma once

#include "bench/day/plan.h"
#include "bench/day/population.h"
#include "bench/day/random.h"

namespace bursar::day {

// Adds ceilings and the phase in which they are set.
void PlanCeilings(Random random, const Population& population, Plan& plan);

}  // namespace bursar::day

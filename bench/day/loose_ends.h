// What is done when the day is over: people who registered twice are merged, some leave, some projects get another
// payer.
#pragma once

#include "bench/day/plan.h"
#include "bench/day/population.h"
#include "bench/day/random.h"

namespace bursar::day {

// Adds a phase at the very end of the day.
void PlanLooseEnds(Random random, const Population& population, Plan& plan);

}  // namespace bursar::day

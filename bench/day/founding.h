// The weeks before the day: people register, organizations appear, contacts confirm, projects are opened.
#pragma once

#include <vector>

#include "bench/day/plan.h"
#include "bench/day/population.h"
#include "bench/day/random.h"

namespace bursar::day {

std::vector<Phase> PlanFounding(Random random, const Population& population);

}  // namespace bursar::day

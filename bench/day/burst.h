// The institute's script: thousands of jobs in one simulated minute on one pool of funds. This is where holds have to
// be exact: as many are admitted as the funds allow, and not one more.
#pragma once

#include "bench/day/desk.h"
#include "bench/day/job_player.h"
#include "bench/day/stage.h"

namespace bursar::day {

// While nothing else is on its way. Then the institute asks for what is missing, gets it, and hands in the rest.
void PlayBurst(Stage& stage, JobPlayer& jobs, Desk& desk);

}  // namespace bursar::day

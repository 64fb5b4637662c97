// Compares what the player was answered with what the server's books say in the end.
#pragma once

#include <string>
#include <vector>

#include "bench/day/books.h"
#include "bench/day/finding.h"
#include "bench/day/stage.h"

namespace bursar::day {

std::vector<Finding> Reconcile(const Stage& stage, const Books& books);

}  // namespace bursar::day

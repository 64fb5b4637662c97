// Compares what the player was answered with what the server's books say in the end.
#pragma once

#include <string>
#include <vector>

#include "bench/day/books.h"
#include "bench/day/stage.h"

namespace bursar::day {

struct Finding {
  bool reconciles;
  // What was compared, with its numbers.
  std::string sentence;
};

std::vector<Finding> Reconcile(const Stage& stage, const Books& books);

}  // namespace bursar::day

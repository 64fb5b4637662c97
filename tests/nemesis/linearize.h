// Whether there is an order of all steps, each taking effect at one instant between its beginning and its end, in which
// every step could be answered as it was. Knows of nothing but times and a model: not of positions.
//
// The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with Lowe's memory of what was
// tried ("Testing for Linearizability", 2017), as Porcupine does it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace bursar::nemesis {

// One account, in micros.
struct AccountModel {
  int64_t funds = 0;
  int64_t limit = 0;
  // What each open hold holds, by its id.
  std::map<std::string, int64_t> holds;
};

struct Step {
  int64_t invoked = 0;
  // kNever for a step that may have happened at any time since, or not at all.
  int64_t returned = 0;
  // Changes the model; false where the step could not have been answered as it was.
  std::function<bool(AccountModel&)> apply;
  // For people.
  std::string text;
};

struct Linearization {
  enum class Verdict { kFound, kNone, kOutOfTime };
  Verdict verdict = Verdict::kFound;
  // Where none was found: how many steps could be ordered at most, and the step that then could not be.
  size_t longest = 0;
  std::string stuck_at;
};

Linearization Linearize(const std::vector<Step>& steps, absl::Duration bound);

}  // namespace bursar::nemesis

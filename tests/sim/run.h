// Runs traces, and makes those that fail small.
#pragma once

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/laws/laws.h"
#include "tests/sim/sometimes.h"
#include "tests/sim/trace.h"
#include "tests/sim/world.h"

namespace bursar::sim {

struct Outcome {
  // Empty where nothing was.
  std::string broken;
  std::string digest;
  size_t steps = 0;
};

// What the runs of one process came across.
struct Seen {
  Sometimes sometimes;
  laws::Sightings sightings;
  // Whether every answer is held against the oracle too.
  bool asks_oracle = false;
  // Told of everything that is answered, in the order in which it was decided; nobody where it is empty.
  Watcher watcher;
};

Outcome RunTrace(const Trace& trace, Seen& seen);
Outcome RunTrace(const Trace& trace);

// A trace that still `fails`, from which nothing more could be taken until `deadline`.
Trace Shrink(Trace trace, const std::function<bool(const Trace& trace)>& fails, absl::Time deadline);

}  // namespace bursar::sim

// Drives the projections after what is durable.
#pragma once

#include "ledger/engine/pipeline.h"
#include "ledger/projections/projections.h"

namespace bursar {

// Used by one thread at a time.
class Projector {
 public:
  // Both outlive it.
  Projector(Projections& projections, Pipeline& pipeline) : projections_(projections), pipeline_(pipeline) {}

  // One block, or some more of the log. False where there was nothing to do; with patience, where there never will be
  // again.
  bool Turn(Patience patience);

 private:
  Projections& projections_;
  Pipeline& pipeline_;
  bool over_ = false;
};

}  // namespace bursar

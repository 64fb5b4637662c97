// Plays what the operator publishes.
#pragma once

#include "bench/day/stage.h"

namespace bursar::day {

class PolicyPlayer {
 public:
  explicit PolicyPlayer(Stage& stage) : stage_(stage) {}

  // Partners, promotion, terms, catalogue and prices, before anybody comes. Waits for it.
  void PublishPolicy();
  // What the sponsor's billing account pays for.
  void PublishSponsorship();

 private:
  Stage& stage_;
};

}  // namespace bursar::day

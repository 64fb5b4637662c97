// Plays what is done when the day is over: people are merged, leave, and take projects along or hand them over.
#pragma once

#include "bench/day/stage.h"

namespace bursar::day {

class LooseEndsPlayer {
 public:
  explicit LooseEndsPlayer(Stage& stage) : stage_(stage) {}

  void Play(const Step& step);

 private:
  void Merge(uint32_t person);
  void Leave(uint32_t person);
  // Its owner pays for the project itself.
  void MoveOut(uint32_t project);
  // To an organization that accepts, three times out of four.
  void HandOver(uint32_t project, Payer receiver);
  void AnswerOffer(uint32_t project, Payer receiver, const Turn& turn);

  Stage& stage_;
};

}  // namespace bursar::day

// Plays the weeks before the day: policy, people, organizations, billing, limits, projects, budgets.
#pragma once

#include "bench/day/policy_player.h"
#include "bench/day/set_up_player.h"
#include "bench/day/stage.h"

namespace bursar::day {

class FoundingPlayer {
 public:
  explicit FoundingPlayer(Stage& stage) : stage_(stage), policy_(stage), set_up_(stage) {}

  // What the operator publishes before anybody comes. Waits for it.
  void PublishPolicy() { policy_.PublishPolicy(); }
  // One step of the founding phases.
  void Play(const Step& step);

 private:
  void Register(uint32_t person);
  void Found(Payer payer);
  void Invite(Payer payer, uint32_t seat);
  void Accept(Payer payer, uint32_t seat);
  void SetLimit(Payer payer);
  void SetDefaultPayer(uint32_t person);
  void OpenProject(uint32_t project);
  void SetCeiling(uint32_t ceiling);

  Stage& stage_;
  PolicyPlayer policy_;
  SetUpPlayer set_up_;
};

}  // namespace bursar::day

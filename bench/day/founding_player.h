// Plays the weeks before the day: policy, people, organizations, billing, limits, projects.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "bench/day/stage.h"

namespace bursar::day {

class FoundingPlayer {
 public:
  explicit FoundingPlayer(Stage& stage) : stage_(stage) {}

  // What the operator publishes before anybody comes. Waits for it.
  void PublishPolicy();
  // One step of the founding phases.
  void Play(const Step& step);

 private:
  void Register(uint32_t person);
  void Found(Payer payer);
  void Invite(Payer payer, uint32_t seat);
  void Accept(Payer payer, uint32_t seat);
  void SubmitForm(Payer payer);
  void ResendMail(Payer payer);
  void Confirm(Payer payer, bool again);
  void SetLimit(Payer payer);
  void SetDefaultPayer(uint32_t person);
  void OpenProject(uint32_t project);

  // The link that was mailed to the account's contact last; empty where it is dead.
  void ReadLink(Payer payer, std::function<void(std::string token)> then);
  void UseLink(Payer payer, bool again, const Turn& turn);

  Stage& stage_;
  // What is known of an account's setup: the entries that mailed its last link and that confirmed it, and that link.
  struct Setup {
    uint64_t mailed_at = 0;
    uint64_t confirmed_at = 0;
    std::string token;
  };
  std::map<Payer, Setup> setups_;
};

}  // namespace bursar::day

// Plays how billing is set up: by the form and the mailed link, or with an operator's help.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "bench/day/stage.h"

namespace bursar::day {

class SetUpPlayer {
 public:
  explicit SetUpPlayer(Stage& stage) : stage_(stage) {}

  void SubmitForm(Payer payer);
  // The first of the slots offered begins at this second.
  void AskForHelp(Payer payer, int32_t slot);
  void PickSlot(Payer payer);
  void Decline(Payer payer);
  void ResendMail(Payer payer);
  void Confirm(Payer payer, bool again);

 private:
  // The link that was mailed to the account's contact last; empty where it is dead.
  void ReadLink(Payer payer, std::function<void(std::string token)> then);
  void UseLink(Payer payer, bool again, const Turn& turn);

  Stage& stage_;
  // What is known of an account's setup: the entries that mailed its last link and that confirmed it, that link, and
  // help that was asked for.
  struct Setup {
    uint64_t mailed_at = 0;
    uint64_t confirmed_at = 0;
    std::string token;
    std::string help_id;
  };
  std::map<Payer, Setup> setups_;
};

}  // namespace bursar::day

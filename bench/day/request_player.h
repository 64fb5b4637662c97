// Plays what people do beside jobs: uploads, folders, workflows, projects, downloads and looking at balances.
#pragma once

#include <functional>
#include <string>

#include "bench/day/stage.h"
#include "bench/day/usage_player.h"

namespace bursar::day {

class RequestPlayer {
 public:
  RequestPlayer(Stage& stage, UsagePlayer& usage) : stage_(stage), usage_(usage) {}

  void Check(const std::string& action, uint32_t project, const Turn& turn);
  // A check of a person whose billing is not set up, outside any project.
  void TryUnconfirmed(uint32_t person, const Turn& turn);
  // One more project like this one.
  void CreateProject(uint32_t like, const std::string& request_id, const Turn& turn);
  void Download(uint32_t download, const Turn& turn);
  // What the person's default payer has.
  void ReadBalance(uint32_t person, const Turn& turn);

 private:
  void Ask(v1::GatedAction action, const Turn& turn, std::function<void(bool allowed)> then);

  Stage& stage_;
  UsagePlayer& usage_;
};

}  // namespace bursar::day

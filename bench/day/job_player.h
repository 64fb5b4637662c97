// Plays jobs: admitted by a hold, perhaps extended, metered and captured in parts, or lost by the platform.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/day/stage.h"

namespace bursar::day {

class JobPlayer {
 public:
  // What came of asking for a hold.
  enum class Outcome { kAdmitted, kOutOfFunds, kDenied, kError };

  explicit JobPlayer(Stage& stage) : stage_(stage), runs_(stage.plan.jobs.size()) {}

  // Each takes the turn along until it is done.
  void Start(uint32_t job, const std::string& request_id, const Turn& turn, std::function<void(Outcome)> then);
  void Extend(uint32_t job, const Turn& turn);
  // Captures what has been used since the last time, up to `seconds` of the run. The last capture gives the rest back.
  void Meter(uint32_t job, int64_t seconds, bool last, const Turn& turn, std::function<void()> then);
  // Gives back the hold and whatever was charged.
  void Lose(uint32_t job, const Turn& turn);

  // In their order.
  std::vector<uint32_t> Running() const;

 private:
  struct Run {
    // Empty before it is admitted.
    std::string hold_id;
    int64_t held_micros = 0;
    // How long what is held is good for.
    int64_t good_for = 0;
    int64_t metered = 0;
    int parts = 0;
    // Charges of a job that will be lost, with what they took.
    std::vector<std::pair<std::string, int64_t>> charges;
    bool over = false;

    bool running() const { return !hold_id.empty() && !over; }
  };

  void Hold(const Job& job, Run& run, int64_t micros);
  void Release(uint32_t job, const Turn& turn);
  // The newest charge that is left, and then those before it.
  void Reverse(uint32_t job, const Turn& turn);

  Stage& stage_;
  std::vector<Run> runs_;
};

}  // namespace bursar::day

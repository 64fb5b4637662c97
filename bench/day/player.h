// Plays a plan against the server, by the simulated clock, as fast as the server answers.
//
// Whatever moves an account's money keeps its order, so that the same seed gives the same day again, with the same jobs
// denied. Only the institute's jobs, each in its own order, crowd each other as they do in life.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/day/burst.h"
#include "bench/day/day_clock.h"
#include "bench/day/desk.h"
#include "bench/day/founding_player.h"
#include "bench/day/job_player.h"
#include "bench/day/loose_ends_player.h"
#include "bench/day/request_player.h"
#include "bench/day/samples.h"
#include "bench/day/stage.h"
#include "bench/day/usage_player.h"

namespace bursar::day {

// Where the play is.
struct Scene {
  std::string phase = "policy is published";
  int32_t second = 0;
  int64_t steps_done = 0;
  int64_t steps = 0;
};

class Player {
 public:
  explicit Player(Stage& stage);

  void Play();

  const Scene& scene() const { return scene_; }
  const Desk& desk() const { return desk_; }
  // What had come together every six hours of the day, and at its end.
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  void PlayPhase(const Phase& phase);
  // What happens by the clock alone.
  void PassTimeUntil(int32_t second);
  void PlayStep(const Step& step);
  void PlayJobStep(const Step& step);
  void PlayRequest(const Step& step);
  // Starts a job; a denial goes to the desk.
  void StartJob(const Step& step, const Turn& turn);
  // In the payer's order, after the desk has decided what is due.
  void InOrderOf(Payer payer, int32_t second, std::function<void(Turn)> task);

  Stage& stage_;
  FoundingPlayer founding_;
  JobPlayer jobs_;
  UsagePlayer usage_;
  RequestPlayer requests_;
  Desk desk_;
  LooseEndsPlayer loose_ends_;
  DayClock clock_;
  std::vector<Sample> samples_;
  Scene scene_;
};

}  // namespace bursar::day

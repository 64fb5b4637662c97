// Shows while the day is played where it is: on a terminal in one line that is written again and again, elsewhere in a
// new line every few seconds.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "bench/day/player.h"
#include "bench/day/stage.h"

namespace bursar::day {

class Progress {
 public:
  Progress(const Stage& stage, const Player& player);

  // Shows what there is to show, where it is time to.
  void Tick();
  // Ends the line.
  void Finish();

 private:
  std::string Line() const;
  // Calls answered per second, over the last second or so.
  void Measure(absl::Time now);

  const Stage& stage_;
  const Player& player_;
  const bool terminal_;
  absl::Time shown_;
  absl::Time measured_;
  int64_t answered_then_ = 0;
  int64_t rate_ = 0;
};

}  // namespace bursar::day

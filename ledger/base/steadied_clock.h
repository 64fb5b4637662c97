// A wall clock that is not believed when it jumps: a machine's clock set wrong by years would make every credit, hold
// and link expire at once, and those entries could not be taken back.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "ledger/base/clock.h"

namespace bursar {

// Says the wall clock's time as long as that goes on as a steady clock does. Once they come apart by more than
// kMostJump between two readings, time goes on from the last reading that was believed, by the steady clock alone,
// until the wall clock is back within kMostJump of that; or until the process is started again, which is how a person
// says that the wall clock is right.
class SteadiedClock : public Clock {
 public:
  static constexpr absl::Duration kMostJump = absl::Minutes(5);

  struct Options {
    // Outlives this clock.
    Clock* wall = nullptr;
    // Time since some moment, never set and never standing still, also while the machine sleeps. TimeSinceBoot() where
    // it is empty.
    std::function<absl::Duration()> steady;
    // Told in a sentence when the wall clock is no longer believed, and when it is again; from any thread.
    std::function<void(const std::string& sentence)> warn;
  };

  explicit SteadiedClock(Options options);
  absl::Time Now() override;

 private:
  const Options options_;
  std::mutex mutex_;
  // The last reading that was believed.
  absl::Time wall_;
  absl::Duration steady_;
  bool believed_ = true;
};

// By CLOCK_BOOTTIME.
absl::Duration TimeSinceBoot();

}  // namespace bursar

// When to ask again.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace bursar {

// The pauses of one call: doubling from 50 ms to 2 s, each shortened at random by up to half so that many callers do
// not come back together, and never shorter than a RetryInfo asks for.
class Retry {
 public:
  // `attempts` 0 goes on until the deadline.
  Retry(int attempts, absl::Time deadline) : attempts_left_(attempts), deadline_(deadline) {}

  // How long to wait after this answer before asking again; nullopt where it stands. Called after each attempt.
  std::optional<absl::Duration> After(const absl::Status& answer, absl::Time now);

 private:
  // Counts down to 1; negative where only the deadline counts.
  int attempts_left_;
  const absl::Time deadline_;
  absl::Duration pause_ = absl::Milliseconds(50);
};

}  // namespace bursar

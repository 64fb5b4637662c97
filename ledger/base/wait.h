// Waiting on a condition variable with abseil's times.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bursar {

// Whether `condition` came true by `deadline` of the system's clock.
template <class Condition>
bool WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, absl::Time deadline,
               Condition condition) {
  // The far future does not fit into the library's clock.
  const absl::Time bounded = std::min(deadline, absl::Now() + absl::Hours(24 * 365));
  return changed.wait_until(lock, absl::ToChronoTime(bounded), condition);
}

}  // namespace bursar

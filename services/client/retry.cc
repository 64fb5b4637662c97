#include "services/client/retry.h"

#include <algorithm>

#include "absl/random/random.h"
#include "services/client/status.h"

namespace bursar {

std::optional<absl::Duration> Retry::After(const absl::Status& answer, absl::Time now) {
  if (answer.ok()) return std::nullopt;
  const std::optional<absl::Duration> asked = RetryDelay(answer);
  if (!absl::IsUnavailable(answer) && !asked.has_value()) return std::nullopt;
  if (--attempts_left_ == 0) return std::nullopt;

  thread_local absl::InsecureBitGen random;
  const absl::Duration pause = std::max(pause_ * absl::Uniform(random, 0.5, 1.0), asked.value_or(absl::ZeroDuration()));
  pause_ = std::min(pause_ * 2, absl::Seconds(2));
  if (now + pause >= deadline_) return std::nullopt;
  return pause;
}

}  // namespace bursar

#include "tests/sim/run.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/api/call_log.h"

namespace bursar::sim {
namespace {

// Of a trace this short its bytes are looked at too.
constexpr size_t kShort = 100;

// In memory where there is such a file system: nothing here has to outlive the process.
std::string NewFolder() {
  static std::atomic<int> made = 0;
  std::error_code error;
  std::filesystem::path folder = "/dev/shm";
  if (!std::filesystem::is_directory(folder, error)) folder = std::filesystem::temp_directory_path();
  return absl::StrCat(folder.string(), "/bursar-sim-", getpid(), "-", ++made);
}

class Shrinking {
 public:
  Shrinking(Trace trace, const std::function<bool(const Trace& trace)>& fails, absl::Time deadline)
      : best_(std::move(trace)), fails_(fails), deadline_(deadline) {}

  Trace Run() {
    Calm();
    while (DropSteps() && absl::Now() < deadline_) {
    }
    if (best_.steps.size() <= kShort) ZeroBytes();
    return best_;
  }

 private:
  bool Try(const Trace& candidate) {
    if (absl::Now() >= deadline_ || !fails_(candidate)) return false;
    best_ = candidate;
    return true;
  }

  // Fewer clients and faults.
  void Calm() {
    for (size_t i = 8; i < kWorldBytes; ++i) {
      Trace candidate = best_;
      if (std::exchange(candidate.world[i], 0) != 0) Try(candidate);
    }
  }

  bool DropSteps() {
    const size_t before = best_.steps.size();
    for (size_t chunk = std::max<size_t>(1, before / 2); chunk > 0; chunk /= 2) {
      for (size_t at = best_.steps.size(); at > 0;) {
        const size_t size = std::min(chunk, at);
        at -= size;
        Trace candidate = best_;
        const auto first = candidate.steps.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.steps.erase(first, first + static_cast<std::ptrdiff_t>(size));
        Try(candidate);
        at = std::min(at, best_.steps.size());
      }
    }
    return best_.steps.size() < before;
  }

  void ZeroBytes() {
    for (size_t i = 0; i < best_.steps.size(); ++i) {
      for (size_t byte = 0; byte < kStepBytes; ++byte) {
        Trace candidate = best_;
        if (std::exchange(candidate.steps[i][byte], 0) != 0) Try(candidate);
      }
    }
  }

  Trace best_;
  const std::function<bool(const Trace& trace)>& fails_;
  const absl::Time deadline_;
};

}  // namespace

Outcome RunTrace(const Trace& trace, Seen& seen) {
  SetCallLog(false);
  World world(trace, NewFolder(), seen.sometimes, seen.sightings, seen.watcher);
  if (seen.asks_oracle) world.AskOracle();
  Outcome outcome{.broken = world.Run()};
  outcome.digest = world.digest();
  outcome.steps = world.steps();
  return outcome;
}

Outcome RunTrace(const Trace& trace) {
  Seen seen;
  return RunTrace(trace, seen);
}

Trace Shrink(Trace trace, const std::function<bool(const Trace& trace)>& fails, absl::Time deadline) {
  return Shrinking(std::move(trace), fails, deadline).Run();
}

}  // namespace bursar::sim

#include "bench/day/progress.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/day/text.h"

namespace bursar::day {
namespace {

constexpr absl::Duration kBetweenLines = absl::Seconds(5);

}  // namespace

Progress::Progress(const Stage& stage, const Player& player)
    : stage_(stage), player_(player), terminal_(isatty(STDOUT_FILENO) == 1), shown_(absl::Now()), measured_(shown_) {}

void Progress::Tick() {
  const absl::Time now = absl::Now();
  Measure(now);
  if (!terminal_ && now - shown_ < kBetweenLines) return;
  shown_ = now;
  std::printf(terminal_ ? "\r%s\x1b[K" : "%s\n", Line().c_str());
  std::fflush(stdout);
}

void Progress::Finish() {
  if (terminal_) std::printf("\r\x1b[K");
  std::fflush(stdout);
}

void Progress::Measure(absl::Time now) {
  if (now - measured_ < absl::Seconds(1)) return;
  const int64_t answered = stage_.traffic.answered();
  rate_ = static_cast<int64_t>(static_cast<double>(answered - answered_then_) / absl::ToDoubleSeconds(now - measured_));
  answered_then_ = answered;
  measured_ = now;
}

std::string Progress::Line() const {
  const Scene& scene = player_.scene();
  const Tally& tally = stage_.tally;
  const int64_t percent = scene.steps == 0 ? 0 : 100 * scene.steps_done / scene.steps;
  std::string line = absl::StrFormat("%3d%%  %s  %s  |  %s requests, %s/s", percent, ClockText(scene.second),
                                     scene.phase, Count(stage_.traffic.answered()), Count(rate_));
  if (scene.second >= 0) {
    absl::StrAppendFormat(&line, "  |  jobs: %s admitted, %s denied", Count(tally.holds_admitted),
                          Count(tally.denied()));
  } else if (tally.registered > 0) {
    absl::StrAppendFormat(&line, "  |  %s people, %s accounts set up, %s projects", Count(tally.registered),
                          Count(tally.confirmed), Count(tally.projects));
  }
  return line;
}

}  // namespace bursar::day

#include "ledger/base/steadied_clock.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar {
namespace {

SteadiedClock::Options WithDefaults(SteadiedClock::Options options) {
  if (!options.steady) options.steady = TimeSinceBoot;
  if (!options.warn) options.warn = [](const std::string&) {};
  return options;
}

std::string TextOf(absl::Time time) { return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone()); }

std::string Jumped(absl::Time wall, absl::Time kept) {
  return absl::StrCat("The system's clock jumped to ", TextOf(wall), " and is not believed: Bursar keeps to ",
                      TextOf(kept),
                      " and counts on from there. Set the clock right, or start Bursar again where it is right.");
}

std::string CameBack(absl::Time wall) {
  return absl::StrCat("The system's clock is believed again, at ", TextOf(wall), ".");
}

}  // namespace

SteadiedClock::SteadiedClock(Options options)
    : options_(WithDefaults(std::move(options))), wall_(options_.wall->Now()), steady_(options_.steady()) {}

absl::Time SteadiedClock::Now() {
  std::string sentence;
  absl::Time now;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Time wall = options_.wall->Now();
    const absl::Duration steady = options_.steady();
    const absl::Time expected = wall_ + (steady - steady_);
    const bool believed = absl::AbsDuration(wall - expected) <= kMostJump;
    if (believed != believed_) sentence = believed ? CameBack(wall) : Jumped(wall, expected);
    believed_ = believed;
    now = believed ? wall : expected;
    wall_ = now;
    steady_ = steady;
  }
  if (!sentence.empty()) options_.warn(sentence);
  return now;
}

absl::Duration TimeSinceBoot() {
  timespec time = {};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return absl::DurationFromTimespec(time);
}

}  // namespace bursar

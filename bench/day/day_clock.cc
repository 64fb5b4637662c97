#include "bench/day/day_clock.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "bench/day/times.h"
#include "bursar/v1/clock.pb.h"
#include "services/client/client.h"

namespace bursar::day {
namespace {

constexpr int32_t kWeeksBefore = 25 * kDay;

int32_t Floor(int32_t second, int32_t step) {
  const int32_t rest = second % step;
  return second - (rest < 0 ? rest + step : rest);
}

}  // namespace

bool DayClock::MoveTo(int32_t second) {
  const int32_t target = Floor(second, second < 0 ? 6 * kHour : kHour);
  if (target <= stage_.clock) return false;
  stage_.traffic.Drain();
  stage_.clock = target;
  v1::AdvanceClockRequest request;
  request.set_request_id(absl::StrCat("clock-", target));
  *request.mutable_to() = ToProto(stage_.At(target));
  stage_.traffic.Call<v1::AdvanceClockResponse>(kOperator, request, [this](const auto& answer) {
    const auto* advanced = stage_.Expect("AdvanceClock", answer);
    if (advanced == nullptr) return;
    stage_.clock_moved_at = advanced->position();
    stage_.Saw(advanced->position());
  });
  stage_.traffic.Drain();
  return true;
}

absl::StatusOr<absl::Time> BeginningOfDay(const std::string& server) {
  const Client anyone(NewChannel(server), {.timeout = absl::Seconds(10)});
  const auto clock = anyone.Call<v1::GetClockResponse>(v1::GetClockRequest());
  if (!clock.ok()) return clock.status();
  if (clock->mode() != v1::CLOCK_MODE_MANUAL) {
    return absl::FailedPreconditionError(
        "its clock moves by itself; weeks have to pass in a minute, so start it with --clock manual.");
  }
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time earliest = FromProto(clock->now()) + absl::Seconds(kWeeksBefore);
  const absl::CivilMonth month = absl::ToCivilMonth(earliest, utc);
  const absl::Time begins = absl::FromCivil(month, utc);
  return begins == earliest ? begins : absl::FromCivil(month + 1, utc);
}

}  // namespace bursar::day

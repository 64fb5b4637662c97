// bursar.v1.ClockService.
#include "bursar/v1/clock.pb.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseAdvanceClock(const Ledger& ledger, const v1::AdvanceClockRequest& request) {
  return AdvanceClock{.to = TimeIf(request.has_to(), request.to()),
                      .by = ParseDuration(request.by()),
                      .clock_is_manual = ledger.clock_is_manual()};
}

v1::AdvanceClockResponse RenderAdvanceClock(const Entry& entry) {
  v1::AdvanceClockResponse response;
  const auto& advanced = EventOf(entry, Event::kClockAdvanced).clock_advanced();
  *response.mutable_from() = ToTimestamp(advanced.from_time());
  *response.mutable_now() = ToTimestamp(advanced.to_time());
  response.set_position(entry.position());
  return response;
}

}  // namespace

void AddClockService(Methods& methods, Ledger& ledger) {
  methods.Read<v1::GetClockRequest, v1::GetClockResponse>([&ledger](const Call&, const v1::GetClockRequest&) {
    return FromState<v1::GetClockResponse>(
        ledger, [&ledger](const State& state, absl::Time now) -> absl::StatusOr<v1::GetClockResponse> {
          v1::GetClockResponse response;
          response.set_mode(ledger.clock_is_manual() ? v1::CLOCK_MODE_MANUAL : v1::CLOCK_MODE_SYSTEM);
          *response.mutable_now() = ToTimestamp(now);
          response.set_position(state.position);
          return response;
        });
  });
  methods.Write<v1::AdvanceClockRequest, v1::AdvanceClockResponse>(
      [&ledger](const Call&, const v1::AdvanceClockRequest& request) { return ParseAdvanceClock(ledger, request); },
      RenderAdvanceClock);
}

}  // namespace bursar

// Moving a clock that stands still. What becomes due on the way is the writer's to play; here is only whether it may be
// moved, and where to.
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {

absl::StatusOr<Decision> DecideClock(const AdvanceClock& command, const Context& context) {
  if (!command.clock_is_manual) return ClockNotManual();
  const absl::Time to = command.to.value_or(context.now + command.by);
  if (to < context.now) return ClockWouldGoBack(to, context.now);
  storage::v1::Event event;
  auto& advanced = *event.mutable_clock_advanced();
  advanced.set_from_time(context.now_micros());
  advanced.set_to_time(absl::ToUnixMicros(to));
  return Happened(std::move(event));
}

}  // namespace bursar

// The rules: what follows from a command in a state. Pure: no I/O, clock, thread or randomness.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/base/ids.h"
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"

namespace bursar {

class State;

using Events = std::vector<storage::v1::Event>;

// What follows from a command: new facts, or an earlier entry that already says all of it (a link opened twice). Both
// empty means that a check was allowed, or that nothing was due: nothing to write.
struct Decision {
  Events events;
  std::optional<Position> repeats;
  // Where false, `events` are the answer alone: nothing happened, and nothing is written or remembered (a denial like
  // one on record).
  bool written = true;
};

// A refusal is a status made by one of the functions in refusals.h; nothing happened then.
// The order in which refusals are looked for is the order that the RPC's comment promises.
// `now` is not less than any time handed in before. Whatever ExpireDue would do at `now` has been done.
absl::StatusOr<Decision> Decide(const State& state, const Command& command, const Principal& principal, absl::Time now);

}  // namespace bursar

// The state as it was after any entry of the log: for explanations, and for asking what would have been.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/log/event_log.h"

namespace bursar {

// The state after the entry at `position`, 0 for before the first, by a replay, checked, from the first entry on. Any
// thread may ask, also while the ledger runs. `checkpoints` is their folder; empty for none.
//
// OUT_OF_RANGE where the log does not go so far, DATA_LOSS where it is damaged.
absl::StatusOr<State> StateAt(const EventLog& log, const std::string& checkpoints, Position position);

}  // namespace bursar

// The state as it was after any entry of the log: for explanations, and for asking what would have been.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/log/event_log.h"

namespace bursar {

// The state after the entry at `position`, 0 for before the first: from the nearest checkpoint at or before it, and a
// replay, checked, of what comes between. Takes as long as that, and as much memory as a state. Any thread may ask,
// also while the ledger runs.
//
// OUT_OF_RANGE where the log does not go so far, DATA_LOSS where it is damaged, CANCELLED where it was interrupted.
// `checkpoints` is their folder, as Ledger::checkpoints_folder() says; empty for none.
absl::StatusOr<State> StateAt(const EventLog& log, const std::string& checkpoints, Position position,
                              const Interrupted& interrupted = nullptr);

}  // namespace bursar

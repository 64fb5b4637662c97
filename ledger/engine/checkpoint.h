// The state as it stood at the end of one block, in a file: so that it need not be replayed from the first entry.
//
// Checkpoints are a cache of the log: each names the position and hash of its block, and one that is damaged, of
// another log or written by another version of the rules is passed over. Deleting the folder costs time and nothing
// else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/log/event_log.h"

namespace bursar {

struct Checkpoint {
  // Of all entries up to `end`.
  State state;
  LogEnd end;
};

// Asked now and then while something takes long; true ends it with CANCELLED.
using Interrupted = std::function<bool()>;
// Told, in a sentence, what is not as it should be and does no harm.
using Warn = std::function<void(const std::string& sentence)>;

// Writes the checkpoint of `state`, where `end` is the end of the log that it follows from, then removes all but the
// newest two. The file is there whole or not at all. Makes the folder where it is missing; one call at a time.
absl::Status WriteCheckpoint(const std::string& folder, const State& state, const LogEnd& end,
                             const Interrupted& interrupted = nullptr);

// The newest one at or before `position` that is whole and of this log; the state before the first entry where there is
// none. `warn` is told of each that was passed over. An empty folder name stands for none.
Checkpoint NearestCheckpoint(const EventLog& log, const std::string& folder, Position position, const Warn& warn,
                             const Interrupted& interrupted = nullptr);

// The checkpoint at exactly this end of a log, verified: NOT_FOUND, DATA_LOSS where it is damaged, FAILED_PRECONDITION
// where another version of the rules has written it or it is of another log.
absl::StatusOr<Checkpoint> ReadCheckpointAt(const std::string& folder, const LogEnd& end);

// The positions of the files in the folder, whole or not; newest first.
std::vector<Position> CheckpointsIn(const std::string& folder);

}  // namespace bursar

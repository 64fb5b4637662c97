#include "ledger/engine/state_at.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/domain/evolve.h"
#include "ledger/log/block.h"

namespace bursar {

absl::StatusOr<State> StateAt(const EventLog& log, const std::string& checkpoints, Position position,
                              const Interrupted& interrupted) {
  if (const Position last = log.Last().position; position > last) {
    return absl::OutOfRangeError(absl::StrCat("The log ends at position ", last, ", before ", position, "."));
  }
  Checkpoint start = NearestCheckpoint(log, checkpoints, position, nullptr, interrupted);
  State state = std::move(start.state);
  Chain chain(start.end, state.time);
  const absl::Status read = log.Read(state.position + 1, [&](const StoredBlock& stored) -> absl::Status {
    if (state.position == position || (interrupted && interrupted()))
      return absl::CancelledError("It was interrupted.");
    const absl::StatusOr<storage::v1::Block> block = chain.Check(stored);
    if (!block.ok()) return block.status();
    for (const storage::v1::Entry& entry : block->entries()) {
      if (state.position < position) Evolve(state, entry);
    }
    return absl::OkStatus();
  });
  if (state.position == position) return state;
  if (!read.ok()) return read;
  return absl::DataLossError(absl::StrCat("The log is damaged at position ", state.position + 1, ": it ends there."));
}

}  // namespace bursar

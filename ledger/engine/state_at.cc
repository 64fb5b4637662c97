#include "ledger/engine/state_at.h"

#include "absl/strings/str_cat.h"
#include "ledger/domain/evolve.h"
#include "ledger/log/block.h"

namespace bursar {

absl::StatusOr<State> StateAt(const EventLog& log, const std::string&, Position position) {
  State state;
  if (position == 0) return state;
  const absl::StatusOr<LogEnd> end = VerifiedRead(log, [&](const storage::v1::Block& block) {
    for (const storage::v1::Entry& entry : block.entries()) {
      if (state.position == position) return absl::CancelledError();
      Evolve(state, entry);
    }
    return absl::OkStatus();
  });
  if (!end.ok() && !absl::IsCancelled(end.status())) return end.status();
  if (state.position == position) return state;
  return absl::OutOfRangeError(absl::StrCat("The log ends at ", state.position, ", before ", position, "."));
}

}  // namespace bursar

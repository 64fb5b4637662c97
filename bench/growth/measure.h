// What a ledger of a certain size costs: memory, deciding, replaying, starting, checkpoints.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "ledger/base/ids.h"

namespace bursar::growth {

// Times are what the thread spent, without waiting for others or the disk; that of writing a checkpoint is the clock's.
struct Figures {
  int64_t accounts = 0;
  Position entries = 0;
  // What the process holds in memory more once the state is there.
  int64_t state_bytes = 0;
  // One decision about an account chosen at random.
  absl::Duration check;
  absl::Duration place_hold;
  // All entries read from the log, checked and applied: how a start goes without a checkpoint.
  absl::Duration replay;
  // The state read back: how a start goes with one.
  absl::Duration load;
  absl::Duration checkpoint_write;
  int64_t checkpoint_bytes = 0;
  // Making the second state that a ledger keeps; zero where it was left out to spare memory.
  absl::Duration copy;
};

// Fills a log in `folder`, which is emptied before and afterwards, and measures. `copy`: also the copy.
Figures Measure(int64_t accounts, const std::string& folder, bool copy);

}  // namespace bursar::growth

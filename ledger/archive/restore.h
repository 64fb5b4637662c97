// From a backup, or a log file, back to a log: all of it, or what it held at a position or time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/log_source.h"
#include "ledger/log/event_log.h"

namespace bursar {

// How far; everything where both are empty, at most one of which is set.
struct RestorePoint {
  // Up to and with this entry.
  std::optional<Position> position;
  // Up to and with the last entry that was written by then.
  std::optional<absl::Time> time;
};

struct RestorePlan {
  // Of the backup, which is whole.
  Audited backup;
  // The last entry to be taken from it.
  Position position = 0;
  // That begins.
  uint64_t epoch = 0;
};

// Reads and checks all of the source before anything is made of it. DATA_LOSS where it is torn or flipped, OUT_OF_RANGE
// where it has no such entry.
absl::StatusOr<RestorePlan> PlanRestore(LogSource& source, const RestorePoint& point, const AuditOptions& options);

// Appends the entries of the plan to `log`, which is empty, and then one that says that a new epoch begins. Entries
// keep their bytes, positions and times; where the last one stood in the middle of a block, that block is cut, and gets
// another hash. Returns the end of the new log.
absl::StatusOr<LogEnd> Restore(LogSource& source, const RestorePlan& plan, absl::Time now, const AuditOptions& options,
                               EventLog& log);

// Appends all that the source holds to `log`, which is empty: the same log, block by block.
absl::StatusOr<LogEnd> Copy(LogSource& source, const AuditOptions& options, EventLog& log);

}  // namespace bursar

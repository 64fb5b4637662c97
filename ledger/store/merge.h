// Two copies of a log read side by side: what both together hold, and what each lacks.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log/block_source.h"
#include "ledger/log/event_log.h"

namespace bursar {

struct PositionRange {
  Position first = 0;
  Position last = 0;
};

// What is to be said of one copy.
struct CopySurvey {
  // What it lacks of the merged log, or has otherwise; in order, neighbours joined.
  std::vector<PositionRange> lacks;
  // In how many blocks that is.
  size_t blocks_lacking = 0;
  // It holds what the writer of a log does not leave behind, not even in a crash.
  bool damaged = false;
};

struct Survey {
  // Of the merged log: each block follows the one before.
  LogEnd end;
  // In the order of the copies.
  std::array<CopySurvey, 2> copies;
  // Where a block begins that comes after the end, though not right after it.
  std::optional<Position> beyond;
  // Whether the mark is the end of one of the merged blocks, or 0.
  bool has_mark = false;
  // Both copies have a block that follows, and not the same one.
  bool differ = false;
};

// Reads the copies to their ends, taking every block from the first that has it, which may be null for one that has
// nothing; `visit` sees the merged blocks, and an error of it ends the reading. An error otherwise: the disk could not
// be read.
absl::StatusOr<Survey> Merge(const std::array<BlockSource*, 2>& copies, const LogEnd& mark,
                             const std::function<absl::Status(const StoredBlock& block)>& visit);

}  // namespace bursar

// The blocks of one copy of the log as they are found there, also around damage: for checking and mending copies.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Believes nothing: what it hands out is to be checked. Of one thread. An error means that the disk could not be read,
// which says nothing about what is on it.
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  // The block that begins at `first`, which is never less than in the call before; nullopt where there is none that can
  // be read.
  virtual absl::StatusOr<std::optional<StoredBlock>> Find(Position first) = 0;

  // Where a block begins that can be read and comes after `first`; nullopt where there is none. The last thing asked.
  virtual absl::StatusOr<std::optional<Position>> After(Position first) = 0;

  // Whether something was met that the writer of a log does not leave behind, not even in a crash.
  virtual bool damaged() const = 0;
};

}  // namespace bursar

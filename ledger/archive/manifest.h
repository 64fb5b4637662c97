// What a backup holds: the file `manifest` in its folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/archive/log_source.h"
#include "ledger/base/hasher.h"

namespace bursar {

// A file of the backup, with the blocks of these positions.
struct Segment {
  Position first = 0;
  Position last = 0;
  uint64_t bytes = 0;
  // As its trailer says.
  Hasher::Value digest = {};

  // "00000000000000000001-00000000000000000100.bursarlog"
  std::string name() const;
};

struct Manifest {
  LogIdentity identity;
  // When the last segment was added.
  absl::Time time;
  // How far the backup goes, and when its last entry was written.
  LogEnd end;
  absl::Time end_time;
  // In the order of their positions, without gaps.
  std::vector<Segment> segments;
};

// NOT_FOUND where the folder holds no backup, DATA_LOSS where the manifest is damaged, FAILED_PRECONDITION where it has
// a newer format.
absl::StatusOr<Manifest> ReadManifest(const std::string& folder);

// Durable when it returns; the one before is there until then.
absl::Status WriteManifest(const std::string& folder, const Manifest& manifest);

}  // namespace bursar

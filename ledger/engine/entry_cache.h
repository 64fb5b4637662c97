// Entries read back from the log, to answer requests that repeat them; those asked for last are kept.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/engine/submission.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Thread-safe.
class EntryCache {
 public:
  EntryCache(const EventLog& log, size_t capacity) : log_(log), capacity_(capacity) {}

  // The entry at a position that is durable.
  absl::StatusOr<Answer> Get(Position position);

 private:
  Answer Find(Position position);
  void Keep(const Answer& entry);

  const EventLog& log_;
  const size_t capacity_;
  std::mutex mutex_;
  // Asked for last first.
  std::list<Answer> order_;
  absl::flat_hash_map<Position, std::list<Answer>::iterator> by_position_;
};

}  // namespace bursar

// A log that lasts as long as the process: for tests, rehearsals and benches.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "ledger/log/event_log.h"

namespace bursar {

class MemoryLog : public EventLog {
 public:
  absl::Status Append(const StoredBlock& block) override;
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override;
  LogEnd Last() const override;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const StoredBlock>> blocks_;
};

}  // namespace bursar

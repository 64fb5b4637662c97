// A log in memory whose disk can fail: what was appended is synced, or not yet; a crash keeps some of what was not.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/log/block.h"
#include "ledger/log/event_log.h"

namespace bursar::sim {

// Used by one thread.
class SimLog : public EventLog {
 public:
  enum class Fault {
    kNone,
    kFailsKeepingNothing,   // the disk refuses the write
    kFailsKeepingUnsynced,  // it is written, and the sync fails
    kFailsKeepingSynced,    // it is written and synced, and the answer says otherwise
  };
  using Visit = std::function<absl::Status(const StoredBlock&)>;

  // Of the next append.
  void SetFault(Fault fault) { fault_ = fault; }
  // Reading ends with an error after so many blocks more.
  void FailReadsAfter(size_t blocks) { readable_ = blocks; }
  void HealReads() { readable_ = SIZE_MAX; }
  // The process ends and another begins: of what is not synced, so many blocks are kept and the rest is lost.
  void Crash(size_t kept);

  absl::Status Append(const StoredBlock& block) override;
  absl::Status Read(Position from, const Visit& visit) const override;
  LogEnd Last() const override;

  // The last position that no crash takes away.
  Position synced() const;
  size_t unsynced_blocks() const { return blocks_.size() - synced_blocks_; }
  size_t appends() const { return appends_; }
  // Whether an append has failed since the last crash.
  bool failed() const { return failed_; }
  // What an appender must never do, in a sentence; empty while it has not.
  const std::string& misuse() const { return misuse_; }

 private:
  std::vector<std::shared_ptr<const StoredBlock>> blocks_;
  size_t synced_blocks_ = 0;
  size_t appends_ = 0;
  Fault fault_ = Fault::kNone;
  bool failed_ = false;
  mutable size_t readable_ = SIZE_MAX;
  std::string misuse_;
};

}  // namespace bursar::sim

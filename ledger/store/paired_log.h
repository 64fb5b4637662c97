// The log in two copies, RocksDB and the journal, with the watermark beside them.
//
// An append is done when both copies have the block, each synced, which happens side by side; the watermark moves to it
// while the next one is appended. So a crash leaves
//   - every block that was answered in both copies;
//   - perhaps one block more, which was not answered, in one of them or both;
//   - the watermark at the last block that was answered or at the one before.
#pragma once

#include <functional>
#include <mutex>

#include "ledger/log/event_log.h"
#include "ledger/store/journal.h"
#include "ledger/store/side_thread.h"
#include "ledger/store/watermark.h"

namespace bursar {

class PairedLog : public EventLog {
 public:
  // All outlive it, and end where the first does.
  PairedLog(EventLog& first, Journal& journal, Watermark& watermark);

  absl::Status Append(const StoredBlock& block) override;
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override;
  // The last block that is in both copies.
  LogEnd Last() const override;

 private:
  absl::Status AppendToBoth(const StoredBlock& block);

  EventLog& first_;
  Journal& journal_;
  Watermark& watermark_;
  mutable std::mutex mutex_;
  LogEnd end_;
  bool failed_ = false;
  SideThread journal_thread_;
  SideThread watermark_thread_;
};

}  // namespace bursar

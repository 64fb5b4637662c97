#include "ledger/store/paired_log.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"

namespace bursar {

PairedLog::PairedLog(EventLog& first, Journal& journal, Watermark& watermark)
    : first_(first), journal_(journal), watermark_(watermark), end_(first.Last()) {}

absl::Status PairedLog::Append(const StoredBlock& block) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failed_) return absl::UnavailableError("The log has failed before; it must be opened again.");
    if (block.first != end_.position + 1 || block.last < block.first) {
      return absl::InternalError(absl::StrCat("Block ", block.first, " does not follow position ", end_.position, "."));
    }
  }
  absl::Status appended = AppendToBoth(block);
  const std::lock_guard<std::mutex> lock(mutex_);
  failed_ = !appended.ok();
  if (appended.ok()) end_ = {.position = block.last, .hash = block.hash};
  return appended;
}

absl::Status PairedLog::AppendToBoth(const StoredBlock& block) {
  const auto move = [this, end = LogEnd{.position = block.last, .hash = block.hash}] { return watermark_.Move(end); };
  if (BURSAR_PLANTED(watermark_before_log)) watermark_worker_.Begin(move);
  journal_worker_.Begin(
      [this, &block] { return BURSAR_PLANTED(journal_not_written) ? absl::OkStatus() : journal_.Append(block); });
  const absl::Status first = first_.Append(block);
  const absl::Status second = journal_worker_.Await();
  if (!first.ok() && !BURSAR_PLANTED(log_failure_ignored)) return first;
  if (!second.ok() && !BURSAR_PLANTED(journal_failure_ignored)) return second;
  // Of the block before: it has had as long as the two above.
  if (absl::Status moved = watermark_worker_.Await(); !moved.ok()) return moved;
  watermark_worker_.Begin(move);
  return absl::OkStatus();
}

absl::Status PairedLog::Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const {
  const Position end = Last().position;
  return first_.Read(from, [&](const StoredBlock& block) {
    // In one copy only as yet.
    return block.first > end ? absl::OkStatus() : visit(block);
  });
}

LogEnd PairedLog::Last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return end_;
}

}  // namespace bursar

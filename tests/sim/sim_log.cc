#include "tests/sim/sim_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::sim {

absl::Status SimLog::Append(const StoredBlock& block) {
  ++appends_;
  if (failed_ && misuse_.empty()) misuse_ = "a block was appended after an append had failed";
  if (block.first != Last().position + 1 && misuse_.empty()) {
    misuse_ = absl::StrCat("a block at ", block.first, " was appended to a log that ends at ", Last().position);
  }
  if (!misuse_.empty()) return absl::InternalError(misuse_);
  const Fault fault = std::exchange(fault_, Fault::kNone);
  failed_ = fault != Fault::kNone;
  if (fault == Fault::kFailsKeepingNothing) return absl::UnavailableError("The disk refuses.");
  blocks_.push_back(std::make_shared<const StoredBlock>(block));
  if (fault != Fault::kFailsKeepingUnsynced) synced_blocks_ = blocks_.size();
  return failed_ ? absl::UnavailableError("The disk did not sync.") : absl::OkStatus();
}

absl::Status SimLog::Read(Position from, const Visit& visit) const {
  const auto ends_before = [](const std::shared_ptr<const StoredBlock>& block, Position p) { return block->last < p; };
  const size_t first =
      static_cast<size_t>(std::lower_bound(blocks_.begin(), blocks_.end(), from, ends_before) - blocks_.begin());
  const size_t end = blocks_.size();
  for (size_t i = first; i < end; ++i) {
    if (readable_ != SIZE_MAX && readable_-- == 0) {
      readable_ = 0;
      return absl::UnavailableError("The disk cannot be read.");
    }
    const std::shared_ptr<const StoredBlock> block = blocks_[i];
    if (absl::Status status = visit(*block); !status.ok()) return status;
  }
  return absl::OkStatus();
}

LogEnd SimLog::Last() const {
  if (blocks_.empty()) return {};
  return {.position = blocks_.back()->last, .hash = blocks_.back()->hash};
}

Position SimLog::synced() const { return synced_blocks_ == 0 ? 0 : blocks_[synced_blocks_ - 1]->last; }

void SimLog::Crash(size_t kept) {
  blocks_.resize(std::min(blocks_.size(), synced_blocks_ + kept));
  // Whoever opens it again has found it on the disk.
  synced_blocks_ = blocks_.size();
  fault_ = Fault::kNone;
  failed_ = false;
  readable_ = SIZE_MAX;
}

}  // namespace bursar::sim

#include "ledger/log/memory_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace bursar {

absl::Status MemoryLog::Append(const StoredBlock& block) {
  const Position end = Last().position;
  if (block.first != end + 1 || block.last < block.first) {
    return absl::InternalError(absl::StrCat("Block ", block.first, " does not follow position ", end, "."));
  }
  auto stored = std::make_shared<const StoredBlock>(block);
  const std::lock_guard<std::mutex> lock(mutex_);
  blocks_.push_back(std::move(stored));
  return absl::OkStatus();
}

absl::Status MemoryLog::Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const {
  std::vector<std::shared_ptr<const StoredBlock>> blocks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto ends_before = [](const std::shared_ptr<const StoredBlock>& block, Position p) {
      return block->last < p;
    };
    blocks.assign(std::lower_bound(blocks_.begin(), blocks_.end(), from, ends_before), blocks_.end());
  }
  for (const std::shared_ptr<const StoredBlock>& block : blocks) {
    if (absl::Status status = visit(*block); !status.ok()) return status;
  }
  return absl::OkStatus();
}

LogEnd MemoryLog::Last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (blocks_.empty()) return {};
  return {.position = blocks_.back()->last, .hash = blocks_.back()->hash};
}

}  // namespace bursar

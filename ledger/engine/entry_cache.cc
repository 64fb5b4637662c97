#include "ledger/engine/entry_cache.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

absl::StatusOr<Answer> ReadEntry(const EventLog& log, Position position) {
  Answer entry;
  const absl::Status read = log.Read(position, [&](const StoredBlock& stored) -> absl::Status {
    const absl::StatusOr<storage::v1::Block> block = Decode(stored);
    if (!block.ok()) return block.status();
    // A copy: the rest of the block need not be kept for it.
    const size_t index = position - stored.first;
    if (index < static_cast<size_t>(block->entries_size())) {
      entry = std::make_shared<const storage::v1::Entry>(block->entries(static_cast<int>(index)));
    }
    return absl::CancelledError();
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  if (entry == nullptr) return absl::DataLossError(absl::StrCat("The log has no entry at position ", position, "."));
  return entry;
}

}  // namespace

absl::StatusOr<Answer> EntryCache::Get(Position position) {
  if (Answer kept = Find(position); kept != nullptr) return kept;
  absl::StatusOr<Answer> entry = ReadEntry(log_, position);
  if (entry.ok()) Keep(*entry);
  return entry;
}

Answer EntryCache::Find(Position position) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_position_.find(position);
  if (found == by_position_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return *found->second;
}

void EntryCache::Keep(const Answer& entry) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!by_position_.try_emplace(entry->position(), order_.end()).second) return;
  order_.push_front(entry);
  by_position_[entry->position()] = order_.begin();
  if (order_.size() <= capacity_) return;
  by_position_.erase(order_.back()->position());
  order_.pop_back();
}

}  // namespace bursar

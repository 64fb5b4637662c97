#include "ledger/store/journal_blocks.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/store/files.h"

namespace bursar {

absl::StatusOr<std::unique_ptr<JournalBlocks>> JournalBlocks::Open(rocksdb::FileSystem& files,
                                                                   const std::string& folder,
                                                                   const std::string& store_id) {
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(files, folder);
  if (!names.ok()) return names.status();
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const std::optional<uint64_t> number = SegmentNumber(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::unique_ptr<JournalBlocks> blocks(new JournalBlocks(files, folder, store_id, std::move(numbers)));
  if (absl::Status begun = blocks->Advance(); !begun.ok()) return begun;
  return blocks;
}

JournalBlocks::JournalBlocks(rocksdb::FileSystem& files, std::string folder, std::string store_id,
                             std::vector<uint64_t> numbers)
    : files_(files), folder_(std::move(folder)), store_id_(std::move(store_id)), numbers_(std::move(numbers)) {}

absl::StatusOr<std::optional<StoredBlock>> JournalBlocks::Find(Position first) {
  while (record_ && record_->first < first) {
    if (absl::Status read = Advance(); !read.ok()) return read;
  }
  if (!record_ || record_->first != first) return std::nullopt;
  last_segment_ = record_path_;
  std::optional<StoredBlock> found = std::move(record_);
  if (absl::Status read = Advance(); !read.ok()) return read;
  return found;
}

absl::StatusOr<std::optional<Position>> JournalBlocks::After(Position first) {
  while (record_ && record_->first <= first) {
    if (absl::Status read = Advance(); !read.ok()) return read;
  }
  return record_ ? std::optional<Position>(record_->first) : std::nullopt;
}

absl::Status JournalBlocks::Advance() {
  record_ = std::nullopt;
  while (true) {
    if (at_ >= bytes_.size()) {
      if (next_ == numbers_.size()) return absl::OkStatus();
      if (absl::Status loaded = LoadSegment(); !loaded.ok()) return loaded;
      continue;
    }
    record_ = ReadRecord(absl::string_view(bytes_).substr(at_), mark_);
    if (record_) {
      at_ += kRecordHeaderSize + record_->bytes.size();
      record_path_ = path_;
      return absl::OkStatus();
    }
    at_ = std::min(bytes_.find(mark_, at_ + 1), bytes_.size());
  }
}

// A segment without a header holds nothing: without the mark no record is believed.
absl::Status JournalBlocks::LoadSegment() {
  path_ = absl::StrCat(folder_, "/", SegmentName(numbers_[next_++]));
  absl::StatusOr<std::string> bytes = ReadWhole(files_, path_);
  if (!bytes.ok()) return bytes.status();
  bytes_ = *std::move(bytes);
  const std::optional<SegmentHeader> header = ReadSegmentHeader(bytes_);
  at_ = header ? kSegmentHeaderSize : bytes_.size();
  if (!header) return absl::OkStatus();
  mark_ = header->mark;
  if (store_id_.empty() || header->store_id == store_id_) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("The journal ", folder_, " belongs to another store (",
                                                    header->store_id, "), not to this one (", store_id_,
                                                    "): is it the right folder?"));
}

}  // namespace bursar

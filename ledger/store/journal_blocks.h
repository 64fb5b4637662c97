// The blocks that a journal holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/log/block_source.h"
#include "ledger/store/journal.h"

namespace bursar {

// Reads on behind a record that cannot be read. Keeps one segment in memory.
class JournalBlocks : public BlockSource {
 public:
  // NOT_FOUND where there is no such folder; FAILED_PRECONDITION where a segment belongs to another store than
  // `store_id`, which may be empty for any. `files` outlives it.
  static absl::StatusOr<std::unique_ptr<JournalBlocks>> Open(rocksdb::FileSystem& files, const std::string& folder,
                                                             const std::string& store_id);

  absl::StatusOr<std::optional<StoredBlock>> Find(Position first) override;
  absl::StatusOr<std::optional<Position>> After(Position first) override;
  // A record that cannot be read is damage only where another follows that does not continue the one before; whoever
  // asks for the blocks in turn sees that.
  bool damaged() const override { return false; }

  // Higher than that of any segment there is.
  uint64_t next_segment() const { return numbers_.empty() ? 1 : numbers_.back() + 1; }

  // The segment from which the last block was handed out, by its path; empty where none was.
  const std::string& last_segment() const { return last_segment_; }

 private:
  JournalBlocks(rocksdb::FileSystem& files, std::string folder, std::string store_id, std::vector<uint64_t> numbers);
  // To the next record that can be read.
  absl::Status Advance();
  absl::Status LoadSegment();

  rocksdb::FileSystem& files_;
  const std::string folder_;
  const std::string store_id_;
  const std::vector<uint64_t> numbers_;
  // Of the next segment to load.
  size_t next_ = 0;
  std::string path_;
  std::string bytes_;
  std::string mark_;
  size_t at_ = 0;
  std::optional<StoredBlock> record_;
  std::string record_path_;
  std::string last_segment_;
};

}  // namespace bursar

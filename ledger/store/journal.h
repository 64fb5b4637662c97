// The second copy of the log: the same blocks in plain files, written and checked by other code than the first.
//
// A segment is a header and records, each with a checksum, appended and synced; after some megabytes, and whenever the
// journal is opened, a new one begins. So what a crash tears is the end of a segment, and stays there: what counts is
// that the records that can be read follow each other. Segments are named by their numbers, "0000000001.journal".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/log/event_log.h"

namespace rocksdb {
class FileSystem;
class FSWritableFile;
}  // namespace rocksdb

namespace bursar {

// What stands at the beginning of a segment.
struct SegmentHeader {
  // Of the store that the segment belongs to.
  std::string store_id;
  uint64_t number = 0;
  // Random; begins every record, so that none is sought where there is none, nor found in what other files left behind.
  std::string mark;
};

inline constexpr size_t kMarkSize = 8;
inline constexpr size_t kSegmentHeaderSize = 64;
inline constexpr size_t kRecordHeaderSize = 72;

std::string SegmentName(uint64_t number);
// nullopt where no segment has this name.
std::optional<uint64_t> SegmentNumber(absl::string_view name);
std::string Written(const SegmentHeader& header);
// nullopt where the bytes do not begin with a header.
std::optional<SegmentHeader> ReadSegmentHeader(absl::string_view bytes);
std::string RecordOf(const StoredBlock& block, absl::string_view mark);
// nullopt where no whole record begins the bytes.
std::optional<StoredBlock> ReadRecord(absl::string_view bytes, absl::string_view mark);

// Of one thread at a time. After an error nothing more may be written.
class Journal {
 public:
  struct Options {
    // Outlives the journal.
    rocksdb::FileSystem* files = nullptr;
    std::string folder;
    std::string store_id;
    // Of the segment that is written next.
    uint64_t next_segment = 1;
    uint64_t segment_bytes = 16 << 20;
  };

  explicit Journal(Options options);
  ~Journal();

  // Durable when it returns OK. Whether the block follows is the caller's to know.
  absl::Status Append(const StoredBlock& block);

  // The two parts of Append, for writing many.
  absl::Status Write(const StoredBlock& block);
  absl::Status Sync();

 private:
  absl::Status BeginSegment();

  const Options options_;
  uint64_t next_segment_;
  std::unique_ptr<rocksdb::FSWritableFile> file_;
  std::string path_;
  std::string mark_;
  uint64_t size_ = 0;
  // The segment's name is not durable yet.
  bool fresh_ = false;
};

}  // namespace bursar

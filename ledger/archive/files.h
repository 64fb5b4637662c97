// Files that are whole and durable, or not there.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar {

// Written beside its place, as <path>.part, and put there when it is complete. Only its owner may read it. Removed
// where it is not complete when this ends; what a crash leaves behind is written over the next time. Errors name the
// file.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  // Where it is until it is published.
  const std::string& part() const { return part_; }
  const std::string& path() const { return path_; }

  absl::Status Write(absl::string_view bytes);
  // Everything that was written is on the disk; nothing can be written afterwards.
  absl::Status Sync();
  // After Sync: puts it in its place, durably. It replaces what was there.
  absl::Status Publish();

 private:
  absl::Status Flush();

  const std::string path_;
  const std::string part_;
  std::string buffer_;
  int file_ = -1;
  bool made_ = false;
};

// All of it at once.
absl::Status WriteWholeFile(const std::string& path, absl::string_view bytes);

// NOT_FOUND where there is none.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// What is renamed or made in the folder is there after a crash.
absl::Status SyncFolder(const std::string& folder);

// Read from its beginning to its end. Errors name the file.
class ReadFile {
 public:
  // NOT_FOUND where there is none. `from_disk` drops what the system still has of it in memory.
  static absl::StatusOr<ReadFile> Open(const std::string& path, bool from_disk = false);
  ReadFile(ReadFile&& other) noexcept;
  ~ReadFile();
  ReadFile& operator=(ReadFile&&) = delete;

  // The next `size` bytes, fewer at the end only.
  absl::StatusOr<std::string> Next(size_t size);
  uint64_t size() const { return size_; }
  // How far it was read.
  uint64_t at() const { return at_; }
  const std::string& path() const { return path_; }

 private:
  ReadFile(std::string path, int file, uint64_t size);
  absl::Status Refill();

  std::string path_;
  int file_ = -1;
  uint64_t size_ = 0;
  uint64_t at_ = 0;
  std::string buffer_;
  size_t buffer_at_ = 0;
};

}  // namespace bursar

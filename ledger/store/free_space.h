// How much room a store's disks have left.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace bursar {

// Thread-safe, and cheap enough to be asked before every command: it looks ten times a second at most.
class FreeSpace {
 public:
  // Of the disks that the folders are on; the system's where `files` is null.
  FreeSpace(std::shared_ptr<rocksdb::FileSystem> files, std::vector<std::string> folders);

  // On the fullest of them; the most there can be where the disk does not say.
  uint64_t Bytes();

  // Looks at once.
  uint64_t Look();

 private:
  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::vector<std::string> folders_;
  std::atomic<uint64_t> bytes_;
  // When to look again, in nanoseconds of the steady clock.
  std::atomic<int64_t> next_ = 0;
};

}  // namespace bursar

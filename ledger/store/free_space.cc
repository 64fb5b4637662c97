#include "ledger/store/free_space.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace bursar {
namespace {

constexpr int64_t kEveryNanoseconds = 100'000'000;

int64_t NowNanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

FreeSpace::FreeSpace(std::shared_ptr<rocksdb::FileSystem> files, std::vector<std::string> folders)
    : files_(files != nullptr ? std::move(files) : rocksdb::FileSystem::Default()),
      folders_(std::move(folders)),
      bytes_(std::numeric_limits<uint64_t>::max()) {}

uint64_t FreeSpace::Bytes() {
  int64_t next = next_;
  const int64_t now = NowNanoseconds();
  // One of many looks, the others take what was seen last.
  if (now >= next && next_.compare_exchange_strong(next, now + kEveryNanoseconds)) return Look();
  return bytes_;
}

uint64_t FreeSpace::Look() {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (const std::string& folder : folders_) {
    uint64_t free = 0;
    const rocksdb::IOStatus said = files_->GetFreeSpace(folder, rocksdb::IOOptions(), &free, nullptr);
    if (said.ok()) least = std::min(least, free);
  }
  bytes_ = least;
  return least;
}

}  // namespace bursar

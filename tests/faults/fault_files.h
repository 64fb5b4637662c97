// A rocksdb::FileSystem on a disk in memory, whose operations fail, and whose power is cut, when a test says so.
//
// It is one machine's while one process runs: Restarted() and AfterCut() give the next process a file system of its
// own, so that threads of the last one, should there be any left, write to a disk that nobody looks at any more.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/faults/disk.h"

namespace bursar::faults {

enum class Operation {
  kOpen,  // to read
  kRead,
  kList,
  kCreate,
  kWrite,
  kSync,
  kSyncFolder,
  kRename,
  kDelete,
  kResize,
  kMakeFolder,
};

// What would be missing on the disk if it were not done.
bool Changes(Operation operation);

enum class Effect {
  kFail,           // EIO; a write or sync leaves its bytes neither on the disk nor surely not
  kFailRetryable,  // EIO that the file system calls passing
  kNoSpace,        // ENOSPC; a write does a part of it
  kPowerCut,       // what is on the disk now is remembered; the process knows nothing of it and goes on
  kSlow,           // five seconds pass on the clock
};

struct Fault {
  Effect effect = Effect::kPowerCut;
  // Of those that match: 1 for the first from now on.
  int64_t nth = 1;
  // And all that match after it.
  bool lasting = false;
  std::function<bool(Operation operation, const std::string& path)> matches;
};

class FaultFiles : public rocksdb::FileSystem, public std::enable_shared_from_this<FaultFiles> {
 public:
  explicit FaultFiles(Disk disk = Disk()) : disk_(std::move(disk)) {}

  // From now on; takes the place of the one before.
  void Inject(Fault fault) noexcept;
  void Heal() noexcept;
  // Whether the fault has happened.
  bool struck() const noexcept;
  // What it happened to last; empty where it has not.
  struct Struck {
    Operation operation = Operation::kOpen;
    std::string path;
  };
  Struck struck_at() const;
  // Operations that change something, so far.
  int64_t changes() const noexcept;

  // The disk when the power was cut; as it is now where it was not.
  Disk AtCut() const;
  // For the next process on this machine, after this one was killed.
  std::shared_ptr<FaultFiles> Restarted() const;
  // For the first process after the power cut.
  std::shared_ptr<FaultFiles> AfterCut(Cut cut, Dice& dice) const;

  // Bytes that fit on the disk; writing more is ENOSPC. Nothing: as many as there are.
  void SetCapacity(std::optional<uint64_t> bytes) noexcept;
  // Microseconds by which kSlow has put the clock forward.
  const std::shared_ptr<std::atomic<uint64_t>>& skipped() const { return skipped_; }

  const char* Name() const noexcept override { return "FaultFiles"; }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                    rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                std::vector<std::string>* result, rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus DeleteDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, uint64_t* size,
                                rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& path, const rocksdb::IOOptions& options, uint64_t* time,
                                            rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options, rocksdb::FileLock** lock,
                             rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options, std::string* path,
                                     rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* result,
                              rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetAbsolutePath(const std::string& path, const rocksdb::IOOptions& options, std::string* result,
                                    rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, uint64_t* free,
                                 rocksdb::IODebugContext* debug) noexcept override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options, bool* is,
                                rocksdb::IODebugContext* debug) noexcept override;

 private:
  class SequentialFile;
  class RandomAccessFile;
  class WritableFile;
  class RandomWriteFile;
  class OpenFolder;
  class Lock;

  // What becomes of an operation; called with the mutex held, before it is done.
  rocksdb::IOStatus Begin(Operation operation, const std::string& path);
  rocksdb::IOStatus Strike(Effect effect, const std::string& path);
  rocksdb::IOStatus WriteTo(File& file, const std::string& path, size_t offset, const rocksdb::Slice& data);
  rocksdb::IOStatus SyncFile(File& file, const std::string& path);
  rocksdb::IOStatus Create(const std::string& path, bool keep_contents, std::shared_ptr<File>* file);
  rocksdb::IOStatus MakeFolder(const std::string& path, bool may_exist);

  mutable std::mutex mutex_;
  Disk disk_;
  std::optional<Disk> at_cut_;
  std::optional<Fault> fault_;
  int64_t matched_ = 0;
  bool struck_ = false;
  Struck struck_at_;
  int64_t changes_ = 0;
  std::optional<uint64_t> capacity_;
  std::set<std::string> locks_;
  const std::shared_ptr<std::atomic<uint64_t>> skipped_ = std::make_shared<std::atomic<uint64_t>>(0);
};

// The system's time, but nobody sleeps: RocksDB waits a second after a failed flush. Time slept is time gone by.
class SkippingClock : public rocksdb::SystemClock {
 public:
  explicit SkippingClock(std::shared_ptr<std::atomic<uint64_t>> skipped) : skipped_(std::move(skipped)) {}

  const char* Name() const noexcept override { return "SkippingClock"; }
  uint64_t NowMicros() noexcept override;
  uint64_t NowNanos() noexcept override;
  void SleepForMicroseconds(int micros) noexcept override;
  rocksdb::Status GetCurrentTime(int64_t* unix_time) noexcept override;
  std::string TimeToString(uint64_t time) noexcept override;

 private:
  const std::shared_ptr<std::atomic<uint64_t>> skipped_;
};

// An Env on these files and on a SkippingClock.
std::unique_ptr<rocksdb::Env> EnvOn(const std::shared_ptr<FaultFiles>& files);

}  // namespace bursar::faults

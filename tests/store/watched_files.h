// The system's files, with notes of what was written and synced, and free space as a test says.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bursar {

// Thread-safe.
class WatchedFiles : public rocksdb::FileSystemWrapper {
 public:
  WatchedFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "WatchedFiles"; }

  // What was written to files of these names and is not synced yet, in a sentence; empty where there is nothing.
  std::string UnsyncedOf(const std::string& part) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [path, bytes] : unsynced_) {
      if (bytes > 0 && absl::StrContains(path, part)) return absl::StrCat(path, " has ", bytes, " bytes unsynced");
    }
    return "";
  }

  void SetFree(uint64_t bytes) { free_ = bytes; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus opened = FileSystemWrapper::NewWritableFile(path, options, file, context);
    if (opened.ok()) *file = std::make_unique<Writable>(std::move(*file), *this, path);
    return opened;
  }
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus opened = FileSystemWrapper::NewRandomRWFile(path, options, file, context);
    if (opened.ok()) *file = std::make_unique<RandomRw>(std::move(*file), *this, path);
    return opened;
  }
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, uint64_t* free,
                                 rocksdb::IODebugContext* context) override {
    if (free_ == kAsItIs) return FileSystemWrapper::GetFreeSpace(path, options, free, context);
    *free = free_;
    return rocksdb::IOStatus::OK();
  }

 private:
  void Note(const std::string& path, size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsynced_[path] += bytes;
  }
  void NoteSync(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsynced_[path] = 0;
  }

  class Writable : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Writable(std::unique_ptr<rocksdb::FSWritableFile> file, WatchedFiles& files, std::string path)
        : FSWritableFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      files_.Note(path_, data.size());
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* context) override {
      files_.Note(path_, data.size());
      return FSWritableFileOwnerWrapper::Append(data, options, info, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
      files_.NoteSync(path_);
      return FSWritableFileOwnerWrapper::Sync(options, context);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
      files_.NoteSync(path_);
      return FSWritableFileOwnerWrapper::Fsync(options, context);
    }

   private:
    WatchedFiles& files_;
    const std::string path_;
  };

  class RandomRw : public rocksdb::FSRandomRWFileOwnerWrapper {
   public:
    RandomRw(std::unique_ptr<rocksdb::FSRandomRWFile> file, WatchedFiles& files, std::string path)
        : FSRandomRWFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}
    rocksdb::IOStatus Write(uint64_t offset, const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      files_.Note(path_, data.size());
      return FSRandomRWFileOwnerWrapper::Write(offset, data, options, context);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
      files_.NoteSync(path_);
      return FSRandomRWFileOwnerWrapper::Sync(options, context);
    }

   private:
    WatchedFiles& files_;
    const std::string path_;
  };

  mutable std::mutex mutex_;
  std::map<std::string, size_t> unsynced_;
  static constexpr uint64_t kAsItIs = ~uint64_t{0};
  std::atomic<uint64_t> free_ = kAsItIs;
};

}  // namespace bursar

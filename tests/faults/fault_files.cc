#include "tests/faults/fault_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bursar::faults {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr uint64_t kSlowMicros = 5'000'000;

IOStatus NoSuch(const std::string& path) { return IOStatus::PathNotFound("No such file or directory", path); }

class SilentLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) noexcept override {}
};

IOStatus ReadFrom(const File& file, uint64_t offset, size_t size, Slice* result, char* scratch) {
  const std::string& bytes = file.bytes();
  const size_t begin = std::min<size_t>(offset, bytes.size());
  const size_t count = std::min(size, bytes.size() - begin);
  std::memcpy(scratch, bytes.data() + begin, count);
  *result = Slice(scratch, count);
  return IOStatus::OK();
}

}  // namespace

bool Changes(Operation operation) {
  return operation != Operation::kOpen && operation != Operation::kRead && operation != Operation::kList;
}

class FaultFiles::SequentialFile : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(std::shared_ptr<FaultFiles> files, std::shared_ptr<File> file, std::string path)
      : files_(std::move(files)), file_(std::move(file)), path_(std::move(path)) {}

  IOStatus Read(size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    if (IOStatus begun = files_->Begin(Operation::kRead, path_); !begun.ok()) return begun;
    IOStatus read = ReadFrom(*file_, offset_, size, result, scratch);
    offset_ += result->size();
    return read;
  }

  IOStatus Skip(uint64_t count) noexcept override {
    offset_ += count;
    return IOStatus::OK();
  }

 private:
  const std::shared_ptr<FaultFiles> files_;
  const std::shared_ptr<File> file_;
  const std::string path_;
  uint64_t offset_ = 0;
};

class FaultFiles::RandomAccessFile : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(std::shared_ptr<FaultFiles> files, std::shared_ptr<File> file, std::string path)
      : files_(std::move(files)), file_(std::move(file)), path_(std::move(path)) {}

  IOStatus Read(uint64_t offset, size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*debug*/) const noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    if (IOStatus begun = files_->Begin(Operation::kRead, path_); !begun.ok()) return begun;
    return ReadFrom(*file_, offset, size, result, scratch);
  }

 private:
  const std::shared_ptr<FaultFiles> files_;
  const std::shared_ptr<File> file_;
  const std::string path_;
};

class FaultFiles::WritableFile : public rocksdb::FSWritableFile {
 public:
  WritableFile(std::shared_ptr<FaultFiles> files, std::shared_ptr<File> file, std::string path)
      : files_(std::move(files)), file_(std::move(file)), path_(std::move(path)) {}

  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return files_->WriteTo(*file_, path_, file_->bytes().size(), data);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& /*options*/,
                            IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return files_->WriteTo(*file_, path_, offset, data);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    if (size == file_->bytes().size()) return IOStatus::OK();
    if (IOStatus begun = files_->Begin(Operation::kResize, path_); !begun.ok()) return begun;
    file_->Resize(size);
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return files_->SyncFile(*file_, path_);
  }
  bool IsSyncThreadSafe() const noexcept override { return true; }
  uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return file_->bytes().size();
  }

 private:
  const std::shared_ptr<FaultFiles> files_;
  const std::shared_ptr<File> file_;
  const std::string path_;
};

class FaultFiles::RandomWriteFile : public rocksdb::FSRandomRWFile {
 public:
  RandomWriteFile(std::shared_ptr<FaultFiles> files, std::shared_ptr<File> file, std::string path)
      : files_(std::move(files)), file_(std::move(file)), path_(std::move(path)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& /*options*/,
                 IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return files_->WriteTo(*file_, path_, offset, data);
  }
  IOStatus Read(uint64_t offset, size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*debug*/) const noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    if (IOStatus begun = files_->Begin(Operation::kRead, path_); !begun.ok()) return begun;
    return ReadFrom(*file_, offset, size, result, scratch);
  }
  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    return files_->SyncFile(*file_, path_);
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override { return IOStatus::OK(); }

 private:
  const std::shared_ptr<FaultFiles> files_;
  const std::shared_ptr<File> file_;
  const std::string path_;
};

class FaultFiles::OpenFolder : public rocksdb::FSDirectory {
 public:
  OpenFolder(std::shared_ptr<FaultFiles> files, std::shared_ptr<Folder> folder, std::string path)
      : files_(std::move(files)), folder_(std::move(folder)), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override {
    const std::lock_guard<std::mutex> lock(files_->mutex_);
    if (IOStatus begun = files_->Begin(Operation::kSyncFolder, path_); !begun.ok()) return begun;
    folder_->Sync();
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) noexcept override { return IOStatus::OK(); }

 private:
  const std::shared_ptr<FaultFiles> files_;
  const std::shared_ptr<Folder> folder_;
  const std::string path_;
};

class FaultFiles::Lock : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path(std::move(path)) {}
  const std::string path;
};

void FaultFiles::Inject(Fault fault) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_ = std::move(fault);
  matched_ = 0;
  struck_ = false;
}

void FaultFiles::Heal() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_.reset();
}

bool FaultFiles::struck() const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return struck_;
}

FaultFiles::Struck FaultFiles::struck_at() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return struck_at_;
}

int64_t FaultFiles::changes() const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return changes_;
}

Disk FaultFiles::AtCut() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return at_cut_ ? at_cut_->Copy() : disk_.Copy();
}

std::shared_ptr<FaultFiles> FaultFiles::Restarted() const { return std::make_shared<FaultFiles>(AtCut()); }

std::shared_ptr<FaultFiles> FaultFiles::AfterCut(Cut cut, Dice& dice) const {
  return std::make_shared<FaultFiles>(AtCut().AfterCut(cut, dice));
}

void FaultFiles::SetCapacity(std::optional<uint64_t> bytes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  capacity_ = bytes;
}

IOStatus FaultFiles::Begin(Operation operation, const std::string& path) {
  if (Changes(operation)) ++changes_;
  if (!fault_ || (struck_ && !fault_->lasting) || (fault_->matches && !fault_->matches(operation, path))) {
    return IOStatus::OK();
  }
  if (++matched_ < fault_->nth) return IOStatus::OK();
  struck_ = true;
  struck_at_ = {operation, path};
  return Strike(fault_->effect, path);
}

IOStatus FaultFiles::Strike(Effect effect, const std::string& path) {
  switch (effect) {
    case Effect::kPowerCut:
      if (!at_cut_) at_cut_ = disk_.Copy();
      return IOStatus::OK();
    case Effect::kSlow:
      *skipped_ += kSlowMicros;
      return IOStatus::OK();
    case Effect::kNoSpace:
      return IOStatus::NoSpace("No space left on device", path);
    case Effect::kFail:
      return IOStatus::IOError("Input/output error", path);
    case Effect::kFailRetryable: {
      IOStatus status = IOStatus::IOError("Input/output error", path);
      status.SetRetryable(true);
      return status;
    }
  }
  return IOStatus::OK();
}

IOStatus FaultFiles::WriteTo(File& file, const std::string& path, size_t offset, const Slice& data) {
  IOStatus begun = Begin(Operation::kWrite, path);
  const size_t grows = std::max(file.bytes().size(), offset + data.size()) - file.bytes().size();
  if (begun.ok() && capacity_ && grows > 0 && disk_.used() + grows > *capacity_) {
    begun = IOStatus::NoSpace("No space left on device", path);
  }
  // A write that fails has done a part of it.
  file.Write(offset, data.data(), begun.ok() ? data.size() : data.size() / 2);
  return begun;
}

IOStatus FaultFiles::SyncFile(File& file, const std::string& path) {
  if (IOStatus begun = Begin(Operation::kSync, path); !begun.ok()) {
    file.FailSync();
    return begun;
  }
  file.Sync();
  return IOStatus::OK();
}

IOStatus FaultFiles::Create(const std::string& path, bool keep_contents, std::shared_ptr<File>* file) {
  const std::shared_ptr<Folder> folder = disk_.FolderOf(path);
  if (folder == nullptr) return NoSuch(path);
  const Node there = disk_.At(path);
  if (there.folder) return IOStatus::IOError("Is a directory", path);
  if (there.file && keep_contents) {
    *file = there.file;
    return IOStatus::OK();
  }
  if (IOStatus begun = Begin(Operation::kCreate, path); !begun.ok()) return begun;
  if (there.file) {
    there.file->Resize(0);
    *file = there.file;
    return IOStatus::OK();
  }
  *file = std::make_shared<File>();
  folder->Name(Disk::LastName(path), Node{.file = *file});
  return IOStatus::OK();
}

IOStatus FaultFiles::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                                       std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                       IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (!node.file) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kOpen, path); !begun.ok()) return begun;
  *result = std::make_unique<SequentialFile>(shared_from_this(), node.file, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                                         std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                         IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (!node.file) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kOpen, path); !begun.ok()) return begun;
  *result = std::make_unique<RandomAccessFile>(shared_from_this(), node.file, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                                     std::unique_ptr<rocksdb::FSWritableFile>* result,
                                     IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<File> file;
  if (IOStatus created = Create(path, /*keep_contents=*/false, &file); !created.ok()) return created;
  *result = std::make_unique<WritableFile>(shared_from_this(), file, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                                        std::unique_ptr<rocksdb::FSWritableFile>* result,
                                        IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<File> file;
  if (IOStatus created = Create(path, /*keep_contents=*/true, &file); !created.ok()) return created;
  *result = std::make_unique<WritableFile>(shared_from_this(), file, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& /*options*/,
                                     std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                     IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  // As on POSIX, where it is opened without O_CREAT.
  if (!node.file) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kOpen, path); !begun.ok()) return begun;
  *result = std::make_unique<RandomWriteFile>(shared_from_this(), node.file, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::NewDirectory(const std::string& path, const IOOptions& /*options*/,
                                  std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (!node.folder) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kOpen, path); !begun.ok()) return begun;
  *result = std::make_unique<OpenFolder>(shared_from_this(), node.folder, path);
  return IOStatus::OK();
}

IOStatus FaultFiles::FileExists(const std::string& path, const IOOptions& /*options*/,
                                IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return disk_.At(path).empty() ? IOStatus::NotFound(path) : IOStatus::OK();
}

IOStatus FaultFiles::GetChildren(const std::string& path, const IOOptions& /*options*/,
                                 std::vector<std::string>* result, IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  result->clear();
  const Node node = disk_.At(path);
  if (!node.folder) return IOStatus::NotFound(path);
  if (IOStatus begun = Begin(Operation::kList, path); !begun.ok()) return begun;
  for (const auto& [name, child] : node.folder->names()) result->push_back(name);
  return IOStatus::OK();
}

IOStatus FaultFiles::DeleteFile(const std::string& path, const IOOptions& /*options*/,
                                IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!disk_.At(path).file) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kDelete, path); !begun.ok()) return begun;
  disk_.FolderOf(path)->Name(Disk::LastName(path), {});
  return IOStatus::OK();
}

IOStatus FaultFiles::Truncate(const std::string& path, size_t size, const IOOptions& /*options*/,
                              IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (!node.file) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kResize, path); !begun.ok()) return begun;
  node.file->Resize(size);
  return IOStatus::OK();
}

IOStatus FaultFiles::MakeFolder(const std::string& path, bool may_exist) {
  const Node there = disk_.At(path);
  if (!there.empty()) {
    return may_exist && there.folder ? IOStatus::OK() : IOStatus::IOError("File exists", path);
  }
  const std::shared_ptr<Folder> above = disk_.FolderOf(path);
  if (above == nullptr) return NoSuch(path);
  if (IOStatus begun = Begin(Operation::kMakeFolder, path); !begun.ok()) return begun;
  above->Name(Disk::LastName(path), Node{.folder = std::make_shared<Folder>()});
  return IOStatus::OK();
}

IOStatus FaultFiles::CreateDir(const std::string& path, const IOOptions& /*options*/,
                               IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return MakeFolder(path, /*may_exist=*/false);
}

IOStatus FaultFiles::CreateDirIfMissing(const std::string& path, const IOOptions& /*options*/,
                                        IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return MakeFolder(path, /*may_exist=*/true);
}

IOStatus FaultFiles::DeleteDir(const std::string& path, const IOOptions& /*options*/,
                               IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (!node.folder) return NoSuch(path);
  if (!node.folder->names().empty()) return IOStatus::IOError("Directory not empty", path);
  if (IOStatus begun = Begin(Operation::kDelete, path); !begun.ok()) return begun;
  disk_.FolderOf(path)->Name(Disk::LastName(path), {});
  return IOStatus::OK();
}

IOStatus FaultFiles::GetFileSize(const std::string& path, const IOOptions& /*options*/, uint64_t* size,
                                 IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (node.empty()) return NoSuch(path);
  *size = node.file ? node.file->bytes().size() : 0;
  return IOStatus::OK();
}

IOStatus FaultFiles::GetFileModificationTime(const std::string& path, const IOOptions& /*options*/, uint64_t* time,
                                             IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (disk_.At(path).empty()) return NoSuch(path);
  *time = 0;
  return IOStatus::OK();
}

IOStatus FaultFiles::RenameFile(const std::string& from, const std::string& to, const IOOptions& /*options*/,
                                IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(from);
  const std::shared_ptr<Folder> source = disk_.FolderOf(from);
  const std::shared_ptr<Folder> target = disk_.FolderOf(to);
  if (node.empty() || target == nullptr) return NoSuch(from);
  const Node there = disk_.At(to);
  if (there.folder && (!node.folder || !there.folder->names().empty())) {
    return IOStatus::IOError("Directory not empty", to);
  }
  if (IOStatus begun = Begin(Operation::kRename, to); !begun.ok()) return begun;
  if (source == target) {
    source->Change({{Disk::LastName(from), {}}, {Disk::LastName(to), node}});
  } else {
    target->Name(Disk::LastName(to), node);
    source->Name(Disk::LastName(from), {});
  }
  return IOStatus::OK();
}

IOStatus FaultFiles::LinkFile(const std::string& from, const std::string& to, const IOOptions& /*options*/,
                              IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(from);
  const std::shared_ptr<Folder> folder = disk_.FolderOf(to);
  if (!node.file || folder == nullptr) return NoSuch(from);
  if (!disk_.At(to).empty()) return IOStatus::IOError("File exists", to);
  if (IOStatus begun = Begin(Operation::kCreate, to); !begun.ok()) return begun;
  folder->Name(Disk::LastName(to), node);
  return IOStatus::OK();
}

IOStatus FaultFiles::LockFile(const std::string& path, const IOOptions& /*options*/, rocksdb::FileLock** result,
                              IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  *result = nullptr;
  if (locks_.count(path) > 0) return IOStatus::IOError("lock hold by current process", path);
  std::shared_ptr<File> file;
  if (IOStatus created = Create(path, /*keep_contents=*/true, &file); !created.ok()) return created;
  locks_.insert(path);
  *result = new Lock(path);
  return IOStatus::OK();
}

IOStatus FaultFiles::UnlockFile(rocksdb::FileLock* held, const IOOptions& /*options*/,
                                IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::unique_ptr<Lock> mine(static_cast<Lock*>(held));
  locks_.erase(mine->path);
  return IOStatus::OK();
}

IOStatus FaultFiles::GetTestDirectory(const IOOptions& /*options*/, std::string* path,
                                      IODebugContext* /*debug*/) noexcept {
  *path = "/test";
  return IOStatus::OK();
}

IOStatus FaultFiles::NewLogger(const std::string& /*path*/, const IOOptions& /*options*/,
                               std::shared_ptr<rocksdb::Logger>* result, IODebugContext* /*debug*/) noexcept {
  *result = std::make_shared<SilentLogger>();
  return IOStatus::OK();
}

IOStatus FaultFiles::GetAbsolutePath(const std::string& path, const IOOptions& /*options*/, std::string* result,
                                     IODebugContext* /*debug*/) noexcept {
  *result = path;
  return IOStatus::OK();
}

IOStatus FaultFiles::GetFreeSpace(const std::string& /*path*/, const IOOptions& /*options*/, uint64_t* free,
                                  IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t used = disk_.used();
  *free = !capacity_ ? uint64_t{1} << 40 : *capacity_ > used ? *capacity_ - used : 0;
  return IOStatus::OK();
}

IOStatus FaultFiles::IsDirectory(const std::string& path, const IOOptions& /*options*/, bool* is,
                                 IODebugContext* /*debug*/) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node node = disk_.At(path);
  if (node.empty()) return NoSuch(path);
  *is = node.folder != nullptr;
  return IOStatus::OK();
}

uint64_t SkippingClock::NowMicros() noexcept { return rocksdb::SystemClock::Default()->NowMicros() + *skipped_; }

uint64_t SkippingClock::NowNanos() noexcept { return rocksdb::SystemClock::Default()->NowNanos() + *skipped_ * 1000; }

void SkippingClock::SleepForMicroseconds(int micros) noexcept {
  *skipped_ += static_cast<uint64_t>(std::max(micros, 0));
}

rocksdb::Status SkippingClock::GetCurrentTime(int64_t* unix_time) noexcept {
  *unix_time = static_cast<int64_t>(NowMicros() / 1'000'000);
  return rocksdb::Status::OK();
}

std::string SkippingClock::TimeToString(uint64_t time) noexcept {
  return rocksdb::SystemClock::Default()->TimeToString(time);
}

namespace {

class SkippingEnv : public rocksdb::EnvWrapper {
 public:
  explicit SkippingEnv(const std::shared_ptr<FaultFiles>& files)
      : rocksdb::EnvWrapper(rocksdb::NewCompositeEnv(files)) {
    system_clock_ = std::make_shared<SkippingClock>(files->skipped());
  }
  const char* Name() const noexcept override { return "SkippingEnv"; }
  uint64_t NowMicros() noexcept override { return system_clock_->NowMicros(); }
  uint64_t NowNanos() noexcept override { return system_clock_->NowNanos(); }
  void SleepForMicroseconds(int micros) noexcept override { system_clock_->SleepForMicroseconds(micros); }
  rocksdb::Status GetCurrentTime(int64_t* unix_time) noexcept override {
    return system_clock_->GetCurrentTime(unix_time);
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> EnvOn(const std::shared_ptr<FaultFiles>& files) {
  return std::make_unique<SkippingEnv>(files);
}

}  // namespace bursar::faults

#include "ledger/archive/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar {
namespace {

constexpr size_t kPiece = 1 << 20;

absl::Status Failed(absl::string_view what, const std::string& path) {
  const std::string message = absl::StrCat(path, " could not be ", what, ": ", std::strerror(errno), ".");
  return errno == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

WholeFile::WholeFile(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}

WholeFile::~WholeFile() {
  if (file_ >= 0) close(file_);
  if (made_) unlink(part_.c_str());
}

absl::Status WholeFile::Write(absl::string_view bytes) {
  buffer_.append(bytes.data(), bytes.size());
  return buffer_.size() < kPiece ? absl::OkStatus() : Flush();
}

absl::Status WholeFile::Flush() {
  if (file_ < 0) file_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file_ < 0) return Failed("written", part_);
  made_ = true;
  for (absl::string_view left = buffer_; !left.empty();) {
    const ssize_t written = write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("written", part_);
    left.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status WholeFile::Sync() {
  if (absl::Status flushed = Flush(); !flushed.ok()) return flushed;
  if (fsync(file_) != 0) return Failed("written", part_);
  close(std::exchange(file_, -1));
  return absl::OkStatus();
}

absl::Status WholeFile::Publish() {
  if (rename(part_.c_str(), path_.c_str()) != 0) return Failed("renamed", part_);
  made_ = false;
  return SyncFolder(FolderOf(path_));
}

absl::Status WriteWholeFile(const std::string& path, absl::string_view bytes) {
  WholeFile file(path);
  if (absl::Status written = file.Write(bytes); !written.ok()) return written;
  if (absl::Status synced = file.Sync(); !synced.ok()) return synced;
  return file.Publish();
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  absl::StatusOr<ReadFile> file = ReadFile::Open(path);
  if (!file.ok()) return file.status();
  return file->Next(file->size());
}

absl::Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Failed("written", folder);
  const absl::Status synced = fsync(file) == 0 ? absl::OkStatus() : Failed("written", folder);
  close(file);
  return synced;
}

absl::StatusOr<ReadFile> ReadFile::Open(const std::string& path, bool from_disk) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed("read", path);
  struct stat about = {};
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    if (errno == 0) errno = EINVAL;
    const absl::Status failed = Failed("read", path);
    close(file);
    return failed;
  }
  if (from_disk) posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  return ReadFile(path, file, static_cast<uint64_t>(about.st_size));
}

ReadFile::ReadFile(std::string path, int file, uint64_t size) : path_(std::move(path)), file_(file), size_(size) {}

ReadFile::ReadFile(ReadFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      at_(other.at_),
      buffer_(std::move(other.buffer_)),
      buffer_at_(other.buffer_at_) {}

ReadFile::~ReadFile() {
  if (file_ >= 0) close(file_);
}

absl::Status ReadFile::Refill() {
  buffer_.resize(kPiece);
  buffer_at_ = 0;
  ssize_t got = -1;
  do {
    got = read(file_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  buffer_.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return got < 0 ? Failed("read", path_) : absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile::Next(size_t size) {
  std::string bytes;
  bytes.reserve(std::min<uint64_t>(size, size_ - std::min(size_, at_)));
  while (bytes.size() < size) {
    if (buffer_at_ == buffer_.size()) {
      if (absl::Status filled = Refill(); !filled.ok()) return filled;
      if (buffer_.empty()) break;
    }
    const size_t taken = std::min(size - bytes.size(), buffer_.size() - buffer_at_);
    bytes.append(buffer_, buffer_at_, taken);
    buffer_at_ += taken;
  }
  at_ += bytes.size();
  return bytes;
}

}  // namespace bursar

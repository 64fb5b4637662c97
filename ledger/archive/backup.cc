#include "ledger/archive/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ledger/archive/files.h"
#include "ledger/archive/log_file.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

// One backup into a folder at a time.
class FolderLock {
 public:
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const std::string& folder) {
    const std::string path = absl::StrCat(folder, "/lock");
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
      return absl::UnavailableError(absl::StrCat(path, " could not be opened: ", std::strerror(errno), "."));
    }
    auto lock = std::make_unique<FolderLock>(file);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    return absl::FailedPreconditionError(absl::StrCat("Another process is backing up into ", folder, "."));
  }

  explicit FolderLock(int file) : file_(file) {}
  ~FolderLock() { close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  const int file_;
};

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("The folder ", folder, " cannot be made: ", error.message(), "."));
  }
  // Who people are stands in it.
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return absl::OkStatus();
}

absl::StatusOr<Manifest> ManifestIn(const std::string& folder, const LogIdentity& identity) {
  absl::StatusOr<Manifest> manifest = ReadManifest(folder);
  if (absl::IsNotFound(manifest.status())) return Manifest{.identity = identity, .end_time = absl::UnixEpoch()};
  if (!manifest.ok()) return manifest;
  const bool both_known = !identity.store_id.empty() && !manifest->identity.store_id.empty();
  if (both_known && manifest->identity.store_id != identity.store_id) {
    return absl::FailedPreconditionError(absl::StrCat(folder, " holds the backup of another ledger, ",
                                                      manifest->identity.store_id, "; this one is ", identity.store_id,
                                                      ". Back it up into a folder of its own."));
  }
  manifest->identity = identity;
  return manifest;
}

absl::Status Diverged(Position position) {
  return absl::FailedPreconditionError(absl::StrCat(
      "The ledger has another hash at position ", position,
      " than was backed up: it is another one, or was restored from an older copy since. Back it up into a "
      "new folder, and keep this one."));
}

absl::Status NamingSegment(const std::string& name, const absl::Status& status) {
  if (absl::IsNotFound(status)) {
    return absl::DataLossError(absl::StrCat("The backup's segment ", name, " is missing."));
  }
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(absl::StrCat("The backup's segment ", name, " cannot be used: ", status.message()));
}

// Opens a segment, and holds what it says of itself against the manifest.
absl::StatusOr<LogFile> OpenSegment(const std::string& folder, const Segment& segment) {
  absl::StatusOr<LogFile> file = LogFile::Open(absl::StrCat(folder, "/", segment.name()), /*from_disk=*/true);
  if (!file.ok()) return NamingSegment(segment.name(), file.status());
  const bool named = file->start().end.position + 1 == segment.first && file->last() == segment.last &&
                     file->summary().digest == segment.digest;
  if (named) return file;
  return NamingSegment(segment.name(), absl::DataLossError("it is another one than the manifest names."));
}

// Cuts what comes into segments.
class Segments {
 public:
  Segments(Manifest manifest, const BackupOptions& options)
      : options_(options), chain_(manifest.end, manifest.end_time) {
    result_.manifest = std::move(manifest);
  }

  absl::Status Take(const StoredBlock& block) {
    const absl::StatusOr<storage::v1::Block> checked = chain_.Check(block);
    if (!checked.ok()) return checked.status();
    if (writer_ == nullptr) Begin();
    if (absl::Status added = writer_->Add(block); !added.ok()) return added;
    return writer_->bytes() < options_.segment_bytes ? absl::OkStatus() : Close();
  }

  // After the last block.
  absl::StatusOr<BackedUp> Finish() {
    if (BURSAR_PLANTED(backup_without_last_segment) && result_.segments > 0) return result_;
    if (writer_ != nullptr) {
      if (absl::Status closed = Close(); !closed.ok()) return closed;
    } else if (absl::Status written = Publish(); !written.ok()) {
      return written;
    }
    return result_;
  }

 private:
  void Begin() {
    const Manifest& manifest = result_.manifest;
    file_ = std::make_unique<WholeFile>(absl::StrCat(options_.folder, "/next.bursarlog"));
    writer_ =
        std::make_unique<LogFileWriter>(manifest.identity, LogStart{.end = manifest.end, .time = manifest.end_time},
                                        [this](absl::string_view bytes) { return file_->Write(bytes); });
  }

  absl::Status Close() {
    const absl::StatusOr<LogFileSummary> summary = writer_->Finish();
    if (!summary.ok()) return summary.status();
    if (absl::Status synced = file_->Sync(); !synced.ok()) return synced;
    if (absl::Status read = ReadBack(); !read.ok()) return read;
    const Segment segment{.first = result_.manifest.end.position + 1,
                          .last = summary->end.position,
                          .bytes = writer_->bytes(),
                          .digest = summary->digest};
    const std::string path = absl::StrCat(options_.folder, "/", segment.name());
    if (rename(file_->part().c_str(), path.c_str()) != 0) {
      return absl::UnavailableError(absl::StrCat(path, " could not be written: ", std::strerror(errno), "."));
    }
    if (absl::Status synced = SyncFolder(options_.folder); !synced.ok()) return synced;
    writer_.reset();
    file_.reset();
    ++result_.segments;
    result_.entries += segment.last - segment.first + 1;
    result_.bytes += segment.bytes;
    result_.manifest.segments.push_back(segment);
    result_.manifest.end = chain_.end();
    result_.manifest.end_time = chain_.time();
    return Publish();
  }

  // What is on the disk now, checked as if it came from a stranger.
  absl::Status ReadBack() const {
    absl::StatusOr<LogFile> written = LogFile::Open(file_->part(), /*from_disk=*/true);
    if (!written.ok()) return written.status();
    Chain chain(result_.manifest.end, result_.manifest.end_time);
    const absl::Status read =
        written->Read(0, [&chain](const StoredBlock& block) { return chain.Check(block).status(); });
    if (!read.ok()) return read;
    if (chain.end().hash == chain_.end().hash) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(file_->part(), " is not what was written into it."));
  }

  absl::Status Publish() {
    result_.manifest.time = options_.now;
    return WriteManifest(options_.folder, result_.manifest);
  }

  const BackupOptions& options_;
  // Of what was taken.
  Chain chain_;
  BackedUp result_;
  std::unique_ptr<WholeFile> file_;
  std::unique_ptr<LogFileWriter> writer_;
};

}  // namespace

absl::StatusOr<BackedUp> BackUp(LogSource& source, const BackupOptions& options) {
  if (absl::Status made = MakeFolder(options.folder); !made.ok()) return made;
  const auto lock = FolderLock::Take(options.folder);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<Manifest> manifest = ManifestIn(options.folder, source.identity());
  if (!manifest.ok()) return manifest.status();
  const LogEnd before = manifest->end;
  bool met = before.position == 0;
  Segments segments(*manifest, options);
  // From the last block that is there, to see that the ledger still has it.
  const absl::Status read = source.Read(std::max<Position>(before.position, 1), [&](const StoredBlock& block) {
    if (options.interrupted && options.interrupted()) return absl::CancelledError("It was interrupted.");
    if (!met) {
      met = block.last == before.position && (block.hash == before.hash || BURSAR_PLANTED(backup_over_a_fork));
      return met ? absl::OkStatus() : Diverged(before.position);
    }
    if (options.on_progress) options.on_progress(block.last, std::max(source.last(), block.last));
    return segments.Take(block);
  });
  if (!read.ok()) return read;
  if (met) return segments.Finish();
  return absl::DataLossError(absl::StrCat("The ledger ends at position ", source.last(), ", before position ",
                                          before.position, " that was backed up: it has lost entries."));
}

absl::StatusOr<BackupLog> BackupLog::Open(const std::string& folder) {
  absl::StatusOr<Manifest> manifest = ReadManifest(folder);
  if (!manifest.ok()) return manifest.status();
  return BackupLog(folder, *std::move(manifest));
}

absl::Status BackupLog::Read(Position from, const VisitBlock& visit) {
  LogEnd end;
  for (const Segment& segment : manifest_.segments) {
    if (segment.last < from) continue;
    absl::StatusOr<LogFile> file = OpenSegment(folder_, segment);
    if (!file.ok()) return file.status();
    const absl::Status read = file->Read(from, [&](const StoredBlock& block) {
      end = {.position = block.last, .hash = block.hash};
      return visit(block);
    });
    if (!read.ok()) return NamingSegment(segment.name(), read);
  }
  if (end.position == 0 || end.hash == manifest_.end.hash) return absl::OkStatus();
  return absl::DataLossError("The backup's last block is not the one that its manifest names.");
}

}  // namespace bursar

// Backups: a folder with a manifest and segments, which are log files (log_file.h) that follow each other. A backup
// that is made again adds what is new, and never touches what is there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/archive/log_source.h"
#include "ledger/archive/manifest.h"

namespace bursar {

struct BackupOptions {
  // Made where it is missing.
  std::string folder;
  absl::Time now;
  // A segment is closed, and the manifest written, after so many bytes: what an interruption loses at most.
  uint64_t segment_bytes = 256 << 20;
  std::function<void(Position done, Position all)> on_progress;
  // Ends it with CANCELLED; segments that are complete stay.
  std::function<bool()> interrupted;
};

struct BackedUp {
  Manifest manifest;
  // What this time added.
  uint64_t segments = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

// Adds what the source holds beyond the backup: checked as it is read, synced, read back from the disk and checked
// again, and only then named in the manifest. DATA_LOSS where the source is damaged or has lost what was backed up;
// FAILED_PRECONDITION where it is another ledger, or went on differently from an older copy, or another process is
// backing up into the folder.
absl::StatusOr<BackedUp> BackUp(LogSource& source, const BackupOptions& options);

// The log in a backup.
class BackupLog : public LogSource {
 public:
  // As ReadManifest.
  static absl::StatusOr<BackupLog> Open(const std::string& folder);

  LogIdentity identity() const override { return manifest_.identity; }
  Position last() const override { return manifest_.end.position; }
  const Manifest& manifest() const { return manifest_; }

  // What is wrong with a segment is DATA_LOSS, and names it; so is what `visit` finds wrong with a block.
  absl::Status Read(Position from, const VisitBlock& visit) override;

 private:
  BackupLog(std::string folder, Manifest manifest) : folder_(std::move(folder)), manifest_(std::move(manifest)) {}

  std::string folder_;
  Manifest manifest_;
};

}  // namespace bursar

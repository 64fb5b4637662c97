// A log, or a part of one, in one file that needs no database to be read: docs/log-format.md says which byte is what.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/archive/log_source.h"
#include "ledger/base/hasher.h"
#include "ledger/log/event_log.h"

namespace bursar {

// What a file holds, as its trailer says.
struct LogFileSummary {
  LogEnd end;
  uint64_t blocks = 0;
  // SHA-256 over everything in the file but the blocks' bytes, which their hashes cover.
  Hasher::Value digest = {};
};

// Makes the bytes of such a file.
class LogFileWriter {
 public:
  using Sink = std::function<absl::Status(absl::string_view bytes)>;

  LogFileWriter(LogIdentity identity, const LogStart& start, Sink sink);

  // The block that follows; whoever calls has checked it.
  absl::Status Add(const StoredBlock& block);
  // The trailer, without which a file is torn.
  absl::StatusOr<LogFileSummary> Finish();

  // So far.
  uint64_t bytes() const { return bytes_; }
  const LogEnd& end() const { return end_; }

 private:
  absl::Status Put(absl::string_view head);

  const LogIdentity identity_;
  const LogStart start_;
  const Sink sink_;
  Hasher digest_;
  LogEnd end_;
  uint64_t blocks_ = 0;
  uint64_t bytes_ = 0;
};

// Reads one.
class LogFile : public LogSource {
 public:
  // NOT_FOUND; DATA_LOSS where it is no such file or torn; FAILED_PRECONDITION where it has a newer format. `from_disk`
  // reads what is on the disk, not what the system still has in memory.
  static absl::StatusOr<LogFile> Open(const std::string& path, bool from_disk = false);

  LogIdentity identity() const override { return identity_; }
  LogStart start() const override { return start_; }
  Position last() const override { return summary_.end.position; }
  // The trailer's, which Read checks.
  const LogFileSummary& summary() const { return summary_; }

  // OK only where the file is whole to its last byte, also beyond what was visited.
  absl::Status Read(Position from, const VisitBlock& visit) override;

 private:
  LogFile(std::string path, bool from_disk) : path_(std::move(path)), from_disk_(from_disk) {}

  std::string path_;
  bool from_disk_ = false;
  LogIdentity identity_;
  LogStart start_;
  LogFileSummary summary_;
};

}  // namespace bursar

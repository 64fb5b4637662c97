// The two copies of a store's log: the one in RocksDB and the journal. Opening reads both to their ends before either
// is written, and mends each from the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/journal.h"
#include "ledger/store/journal_blocks.h"
#include "ledger/store/merge.h"

namespace rocksdb {
class Env;
class FileSystem;
}  // namespace rocksdb

namespace bursar {

// For one call of one of its functions.
class Copies {
 public:
  struct Options {
    // Outlives the copies, as does `env`, which is the system's where it is null.
    rocksdb::FileSystem* files = nullptr;
    rocksdb::Env* env = nullptr;
    // Holds log/.
    std::string folder;
    // Holds blocks/.
    std::string journal_folder;
    std::string store_id;
    // How far the log goes at least; nullopt where the watermark is lost.
    std::optional<LogEnd> mark;
    std::function<void(Position done, Position all)> on_verify;
    // Told in a sentence what was mended.
    std::function<void(std::string sentence)> on_repair;
    std::function<void(const absl::Status&)> on_failure;
    // As in RocksDbLog::Options.
    size_t write_buffer_bytes = 0;
  };

  // Both open for writing, whole, equal and durable up to `end`.
  struct Pair {
    std::unique_ptr<RocksDbLog> log;
    std::unique_ptr<Journal> journal;
    LogEnd end;
  };

  explicit Copies(Options options);

  // DATA_LOSS where both copies together do not hold what was answered; nothing is changed then. Otherwise as
  // Store::Open says.
  absl::StatusOr<Pair> Open();

  // Writes the journal anew from a log that is whole; one that is there is moved aside unread.
  absl::Status WriteJournal(const RocksDbLog& log);

 private:
  absl::Status OpenToRead();
  absl::StatusOr<std::unique_ptr<JournalBlocks>> OpenJournal() const;
  absl::StatusOr<Survey> Read(const RocksDbLog* log, const std::function<absl::Status(const StoredBlock&)>& visit);
  absl::StatusOr<Survey> Verify();
  absl::Status Judge(const Survey& survey) const;
  bool IsCrashLeftover(const CopySurvey& copy, const LogEnd& end) const;
  absl::Status Mend(const Survey& survey);
  absl::Status RebuildLog(const RocksDbLog* log);
  absl::Status RebuildJournal(const RocksDbLog* log);
  // Beside the one that is there, of all that `read_all` hands out.
  using ReadAll = std::function<absl::Status(const std::function<absl::Status(const StoredBlock&)>& write)>;
  absl::Status BuildJournal(const ReadAll& read_all) const;
  absl::Status Swap(const std::string& parent, const std::string& name, const CopySurvey& copy,
                    absl::string_view source);
  absl::Status LevelJournal(const CopySurvey& of_journal, const LogEnd& end);
  absl::StatusOr<std::unique_ptr<RocksDbLog>> OpenLog(const LogEnd& end);
  absl::Status LevelLog(RocksDbLog& log, const LogEnd& end) const;

  const Options options_;
  const std::string log_folder_;
  const std::string blocks_folder_;
  // Null where it is damaged so that it cannot even be read.
  std::unique_ptr<RocksDbLog> reading_;
  // Where both are chains of their own: that of the journal holds the watermark.
  bool journal_first_ = false;
  // Of the journal as it was read last: the segment that ends it, which the system may hold in its memory only.
  std::string last_segment_;
};

}  // namespace bursar

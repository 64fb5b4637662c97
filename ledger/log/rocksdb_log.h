// The log in a folder of this machine: each block is one RocksDB record, written with one synced write.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/log/block_source.h"
#include "ledger/log/event_log.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace bursar {

class RocksDbLog : public EventLog {
 public:
  struct Options {
    std::string folder;
    // Without it a missing log is NOT_FOUND: a wrong path must not look like an empty ledger.
    bool create_if_missing = false;
    // Outlives the log; the system's where it is null.
    rocksdb::Env* env = nullptr;
    // Changes nothing on the disk, whatever is found there; Append is not allowed. Opening for writing deletes files
    // that a damaged log has lost sight of.
    bool read_only = false;
    // Without it an append is durable when Settle has returned OK: for filling a log that does not count until then.
    bool sync = true;
    // Told, from one of RocksDB's threads, that writing in the background has failed: what is on disk is unknown from
    // then on, and no append succeeds any more. Must not come back to the log.
    std::function<void(const absl::Status&)> on_failure;
    // A table is written when so much is in memory; 0: the usual.
    size_t write_buffer_bytes = 0;
  };

  // One process at a time: FAILED_PRECONDITION where another has the folder open, or a newer version wrote it.
  // DATA_LOSS where it is damaged, as far as RocksDB sees; UNAVAILABLE where the disk cannot be read or written.
  static absl::StatusOr<std::unique_ptr<RocksDbLog>> Open(const Options& options);
  ~RocksDbLog() override;

  absl::Status Append(const StoredBlock& block) override;
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override;
  LogEnd Last() const override;

  absl::Status Settle();

  // As of now; must not outlive the log.
  std::unique_ptr<BlockSource> Blocks() const;

 private:
  struct Failure;
  RocksDbLog(std::unique_ptr<rocksdb::DB> db, LogEnd end, bool sync, std::shared_ptr<Failure> failure);
  absl::Status MayAppend(const StoredBlock& block) const;

  // Outlives the database, whose listener sets it.
  const std::shared_ptr<Failure> failure_;
  const std::unique_ptr<rocksdb::DB> db_;
  const bool sync_;
  mutable std::mutex mutex_;
  LogEnd end_;
};

}  // namespace bursar

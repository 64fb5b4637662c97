// The log in a folder of this machine: each block is one RocksDB record, written with one synced write.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
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
  };

  // One process at a time: FAILED_PRECONDITION where another has the folder open.
  static absl::StatusOr<std::unique_ptr<RocksDbLog>> Open(const Options& options);
  ~RocksDbLog() override;

  absl::Status Append(const StoredBlock& block) override;
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override;
  LogEnd Last() const override;

 private:
  RocksDbLog(std::unique_ptr<rocksdb::DB> db, LogEnd end);

  const std::unique_ptr<rocksdb::DB> db_;
  mutable std::mutex mutex_;
  LogEnd end_;
  bool failed_ = false;
};

}  // namespace bursar

// A data folder as Bursar keeps it: what it is, its lock, the log in RocksDB, its second copy, and the watermark.
//
//     <folder>/store        which store this is                      identity.h
//     <folder>/lock         held while it is open
//     <folder>/log/         the log in RocksDB                       ../log/rocksdb_log.h
//     <folder>/journal/     its second copy, in blocks/              journal.h
//     <folder>/watermark    how far it goes at least                 watermark.h
//
// Nothing is believed: opening reads both copies to their ends before either is written, holds them against each other,
// the chain of hashes and the watermark, and mends each from the other. What a copy was before is moved aside to
// log.damaged-<n> or journal/blocks.damaged-<n>, never deleted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/store/identity.h"

namespace rocksdb {
class Env;
class FileSystem;
}  // namespace rocksdb

namespace bursar {

class Store {
 public:
  struct Options {
    std::string folder;
    // Of the second copy; empty: <folder>/journal. Ideally on another device.
    std::string journal_folder;
    // The system's where it is null. Everything that the store reads or writes goes through it.
    std::shared_ptr<rocksdb::FileSystem> files;
    // The environment on those files that RocksDB runs in, with its threads and its clock; made where it is null.
    std::shared_ptr<rocksdb::Env> env;
    // Of RocksDB, which writes a table when it holds so much; 0: the usual.
    size_t write_buffer_bytes = 0;
    // Told in a sentence what was repaired or is not as it should be.
    std::function<void(const std::string&)> warn;
    // How far checking has come; called from Open.
    std::function<void(Position done, Position all)> on_verify;
    // Told, from any thread, that writing in the background has failed: no append succeeds any more. Must not come back
    // to the store.
    std::function<void(const absl::Status&)> on_failure;
  };
  using Identity = StoreIdentity;

  // Makes an empty store. ALREADY_EXISTS where there is one, or anything that looks like one.
  static absl::Status Make(const Options& options);
  // The same with this identity, as for a store that is restored.
  static absl::Status Make(const Options& options, const Identity& identity);

  // Makes a store of a folder that holds a log alone, as of Bursar 0.1: checks the log and writes the rest. NOT_FOUND
  // where there is no log; ALREADY_EXISTS where it is a store; DATA_LOSS where the log is damaged.
  static absl::Status Adopt(const Options& options);
  // The same with this identity, as for a store that is restored.
  static absl::Status Adopt(const Options& options, const Identity& identity);

  // NOT_FOUND: there is no store. FAILED_PRECONDITION: another process has it open, or it is of a newer version, or not
  // all of it is of one store. DATA_LOSS: damaged beyond what the other copy repairs; names the positions. UNAVAILABLE:
  // the disk cannot be read or written. What one copy has lost is repaired from the other before it returns.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options);
  ~Store();

  // An append is durable in both copies when it returns OK.
  EventLog& log();
  const Identity& identity() const;
  // Sentences; empty where nothing was repaired.
  const std::vector<std::string>& repairs() const;

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace bursar

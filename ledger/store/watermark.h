// How far the log goes at least, kept outside of it: what was answered must be in the log, however it was damaged.
//
// The file has two slots, each with a checksum and a sector of its own; they are written in turn, so that a torn write
// leaves the one before. It trails what was answered by one block at most.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log/event_log.h"
#include "ledger/store/identity.h"

namespace rocksdb {
class FileSystem;
class FSRandomRWFile;
}  // namespace rocksdb

namespace bursar {

// Of one thread at a time.
class Watermark {
 public:
  struct Mark {
    StoreIdentity identity;
    LogEnd end;
    // Of two slots the one with the higher turn counts.
    uint64_t turn = 0;
  };

  // The newer slot that is whole; nullopt where none is, or there is no file.
  static absl::StatusOr<std::optional<Mark>> Read(rocksdb::FileSystem& files, const std::string& path);

  // Durable in both slots; the file is made where it is missing. The turn is counted on from `before`.
  static absl::StatusOr<std::unique_ptr<Watermark>> Begin(rocksdb::FileSystem& files, const std::string& folder,
                                                          const StoreIdentity& identity, const LogEnd& end,
                                                          uint64_t before);
  ~Watermark();

  // Durable when it returns OK.
  absl::Status Move(const LogEnd& end);

 private:
  Watermark(std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file, StoreIdentity identity, uint64_t turn);

  const std::string path_;
  const std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  const StoreIdentity identity_;
  uint64_t turn_;
};

}  // namespace bursar

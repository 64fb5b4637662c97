// A file that only takes room, to be given up when the disk is full: opening a log needs some, and a full disk would
// keep the ledger from starting.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace bursar {

// Removes the ballast where less than `bytes` are free on its disk; whether it did.
absl::StatusOr<bool> GiveUpBallast(rocksdb::FileSystem& files, const std::string& folder, uint64_t bytes);

// Makes the ballast where there is none and room for four times as much. Whether there is one now; without is no error.
bool KeepBallast(rocksdb::FileSystem& files, const std::string& folder, uint64_t bytes);

}  // namespace bursar

// The few things that the store does with files of its own, by way of RocksDB's FileSystem, so that tests can make any
// of them fail.
//
// Errors: NOT_FOUND where there is no such file; UNAVAILABLE for whatever else the disk says.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class FileSystem;
class IOStatus;
}  // namespace rocksdb

namespace bursar {

// OK, or the error in a sentence that begins "<path> could not be <done>".
absl::Status Told(const rocksdb::IOStatus& status, absl::string_view done, absl::string_view path);

absl::StatusOr<bool> Exists(rocksdb::FileSystem& files, const std::string& path);
absl::StatusOr<std::string> ReadWhole(rocksdb::FileSystem& files, const std::string& path);
// Sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> NamesIn(rocksdb::FileSystem& files, const std::string& folder);

// Each level that is missing, durable in the one above.
absl::Status MakeFolders(rocksdb::FileSystem& files, const std::string& folder);
// The file is there, durable, with these bytes or as it was before. `name` is in `folder`.
absl::Status ReplaceFile(rocksdb::FileSystem& files, const std::string& folder, const std::string& name,
                         absl::string_view bytes);
// The file's bytes are durable, whoever wrote them.
absl::Status SyncFile(rocksdb::FileSystem& files, const std::string& path);
// The names in the folder are durable.
absl::Status SyncFolder(rocksdb::FileSystem& files, const std::string& folder);
// With everything in it. OK where it is not there.
absl::Status RemoveFolder(rocksdb::FileSystem& files, const std::string& folder);

// Renames the folder <parent>/<name>, where it is there, to <parent>/<name>.damaged-<n>, with the first n that is free,
// and <parent>/<name>.rebuilt to <parent>/<name>; gives the name that the old one has now, empty where there was none.
// After a crash in the midst of it FinishSwap does the rest.
absl::StatusOr<std::string> SwapIn(rocksdb::FileSystem& files, const std::string& parent, const std::string& name);
// Finishes what a crash has interrupted: uses a rebuilt folder where the old one is gone already, and removes it where
// that is still there.
absl::Status FinishSwap(rocksdb::FileSystem& files, const std::string& parent, const std::string& name);

}  // namespace bursar

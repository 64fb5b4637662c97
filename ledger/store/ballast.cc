#include "ledger/store/ballast.h"

#include <rocksdb/file_system.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"
#include "ledger/store/files.h"

namespace bursar {
namespace {

const rocksdb::IOOptions kNoOptions;

std::string PathIn(const std::string& folder) { return absl::StrCat(folder, "/ballast"); }

// Reserves without writing where the file system can; elsewhere the zeros are written.
rocksdb::IOStatus Fill(rocksdb::FSWritableFile& file, uint64_t bytes) {
  if (file.Allocate(0, bytes, kNoOptions, nullptr).ok()) return file.Sync(kNoOptions, nullptr);
  const std::string zeros(1 << 20, '\0');
  rocksdb::IOStatus status;
  for (uint64_t done = 0; status.ok() && done < bytes; done += zeros.size()) {
    status = file.Append(zeros, kNoOptions, nullptr);
  }
  return status.ok() ? file.Sync(kNoOptions, nullptr) : status;
}

}  // namespace

absl::StatusOr<bool> GiveUpBallast(rocksdb::FileSystem& files, const std::string& folder, uint64_t bytes) {
  const std::string path = PathIn(folder);
  const absl::StatusOr<bool> there = Exists(files, path);
  if (!there.ok() || !*there) return there;
  uint64_t free = 0;
  const rocksdb::IOStatus said = files.GetFreeSpace(folder, kNoOptions, &free, nullptr);
  if (!said.ok() || free >= bytes || BURSAR_PLANTED(ballast_kept)) return false;
  const absl::Status removed = Told(files.DeleteFile(path, kNoOptions, nullptr), "removed", path);
  return removed.ok() ? absl::StatusOr<bool>(true) : removed;
}

bool KeepBallast(rocksdb::FileSystem& files, const std::string& folder, uint64_t bytes) {
  const std::string path = PathIn(folder);
  const absl::StatusOr<bool> there = Exists(files, path);
  if (!there.ok() || *there) return there.ok();
  uint64_t free = 0;
  constexpr uint64_t kEnough = 4;
  const rocksdb::IOStatus said = files.GetFreeSpace(folder, kNoOptions, &free, nullptr);
  if (bytes == 0 || !said.ok() || free / kEnough < bytes) return false;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = Fill(*file, bytes);
  if (status.ok()) status = file->Close(kNoOptions, nullptr);
  if (status.ok()) return true;
  files.DeleteFile(path, kNoOptions, nullptr).PermitUncheckedError();
  return false;
}

}  // namespace bursar

#include "ledger/store/files.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"

namespace bursar {
namespace {

const rocksdb::IOOptions kNoOptions;

}  // namespace

absl::Status Told(const rocksdb::IOStatus& status, absl::string_view done, absl::string_view path) {
  if (status.ok()) return absl::OkStatus();
  const std::string sentence = absl::StrCat(path, " could not be ", done, ": ", status.ToString(), ".");
  if (status.IsNotFound() || status.IsPathNotFound()) return absl::NotFoundError(sentence);
  return absl::UnavailableError(sentence);
}

absl::StatusOr<bool> Exists(rocksdb::FileSystem& files, const std::string& path) {
  const absl::Status found = Told(files.FileExists(path, kNoOptions, nullptr), "found", path);
  if (absl::IsNotFound(found)) return false;
  return found.ok() ? absl::StatusOr<bool>(true) : found;
}

absl::StatusOr<std::string> ReadWhole(rocksdb::FileSystem& files, const std::string& path) {
  constexpr size_t kPiece = 1 << 20;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  rocksdb::IOStatus status = files.NewSequentialFile(path, rocksdb::FileOptions(), &file, nullptr);
  std::string bytes;
  std::string scratch(kPiece, '\0');
  for (bool more = status.ok(); more;) {
    rocksdb::Slice piece;
    status = file->Read(kPiece, kNoOptions, &piece, scratch.data(), nullptr);
    bytes.append(piece.data(), status.ok() ? piece.size() : 0);
    more = status.ok() && piece.size() > 0;
  }
  if (!status.ok()) return Told(status, "read", path);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> NamesIn(rocksdb::FileSystem& files, const std::string& folder) {
  std::vector<std::string> names;
  const rocksdb::IOStatus status = files.GetChildren(folder, kNoOptions, &names, nullptr);
  if (!status.ok()) return Told(status, "listed", folder);
  names.erase(
      std::remove_if(names.begin(), names.end(), [](const std::string& name) { return name == "." || name == ".."; }),
      names.end());
  std::sort(names.begin(), names.end());
  return names;
}

// What is there may have been made by a process that was killed before its name was durable.
absl::Status MakeFolders(rocksdb::FileSystem& files, const std::string& folder) {
  const absl::StatusOr<bool> there = Exists(files, folder);
  if (!there.ok()) return there.status();
  const size_t slash = folder.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : folder.substr(0, slash);
  if (*there) return folder == parent || folder.empty() ? absl::OkStatus() : SyncFolder(files, parent);
  if (slash != std::string::npos && slash > 0) {
    if (absl::Status made = MakeFolders(files, parent); !made.ok()) return made;
  }
  if (absl::Status made = Told(files.CreateDirIfMissing(folder, kNoOptions, nullptr), "made", folder); !made.ok()) {
    return made;
  }
  return SyncFolder(files, parent);
}

absl::Status ReplaceFile(rocksdb::FileSystem& files, const std::string& folder, const std::string& name,
                         absl::string_view bytes) {
  const std::string path = absl::StrCat(folder, "/", name);
  const std::string fresh = path + ".new";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files.NewWritableFile(fresh, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Append(rocksdb::Slice(bytes.data(), bytes.size()), kNoOptions, nullptr);
  if (status.ok()) status = file->Sync(kNoOptions, nullptr);
  if (status.ok()) status = file->Close(kNoOptions, nullptr);
  if (status.ok()) status = files.RenameFile(fresh, path, kNoOptions, nullptr);
  if (!status.ok()) return Told(status, "written", path);
  return SyncFolder(files, folder);
}

absl::Status SyncFile(rocksdb::FileSystem& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  rocksdb::IOStatus status = files.NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Sync(kNoOptions, nullptr);
  if (status.ok()) status = file->Close(kNoOptions, nullptr);
  return Told(status, "synced", path);
}

absl::Status SyncFolder(rocksdb::FileSystem& files, const std::string& folder) {
  if (BURSAR_PLANTED(skip_folder_sync)) return absl::OkStatus();
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = files.NewDirectory(folder, kNoOptions, &directory, nullptr);
  if (status.ok()) status = directory->FsyncWithDirOptions(kNoOptions, nullptr, rocksdb::DirFsyncOptions());
  if (status.ok()) status = directory->Close(kNoOptions, nullptr);
  return Told(status, "synced", folder);
}

absl::Status RemoveFolder(rocksdb::FileSystem& files, const std::string& folder) {
  const absl::StatusOr<bool> there = Exists(files, folder);
  if (!there.ok() || !*there) return there.status();
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(files, folder);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (absl::Status gone = Told(files.DeleteFile(path, kNoOptions, nullptr), "removed", path); !gone.ok()) return gone;
  }
  return Told(files.DeleteDir(folder, kNoOptions, nullptr), "removed", folder);
}

absl::StatusOr<std::string> SwapIn(rocksdb::FileSystem& files, const std::string& parent, const std::string& name) {
  const std::string path = absl::StrCat(parent, "/", name);
  absl::StatusOr<bool> there = Exists(files, path);
  if (!there.ok()) return there.status();
  std::string aside;
  for (int n = 1; *there && aside.empty(); ++n) {
    const std::string candidate = absl::StrCat(path, ".damaged-", n);
    const absl::StatusOr<bool> taken = Exists(files, candidate);
    if (!taken.ok()) return taken.status();
    if (!*taken) aside = candidate;
  }
  if (*there) {
    const absl::Status moved = Told(files.RenameFile(path, aside, kNoOptions, nullptr), "moved aside", path);
    if (!moved.ok()) return moved;
  }
  const absl::Status moved =
      Told(files.RenameFile(path + ".rebuilt", path, kNoOptions, nullptr), "renamed", path + ".rebuilt");
  if (!moved.ok()) return moved;
  if (absl::Status synced = SyncFolder(files, parent); !synced.ok()) return synced;
  return aside;
}

absl::Status FinishSwap(rocksdb::FileSystem& files, const std::string& parent, const std::string& name) {
  const std::string path = absl::StrCat(parent, "/", name);
  const absl::StatusOr<bool> rebuilt = Exists(files, path + ".rebuilt");
  if (!rebuilt.ok() || !*rebuilt) return rebuilt.status();
  const absl::StatusOr<bool> there = Exists(files, path);
  if (!there.ok()) return there.status();
  return *there ? RemoveFolder(files, path + ".rebuilt") : SwapIn(files, parent, name).status();
}

}  // namespace bursar

#include "services/cli/new_store.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/archive/files.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/store.h"

namespace bursar::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kLinkKey[] = "link.key";

// Without the slashes at its end.
fs::path Plain(const std::string& folder) {
  const fs::path path = fs::path(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

absl::Status CheckNothingIn(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return absl::OkStatus();
  for (fs::directory_iterator file(folder, error), end; file != end; file.increment(error)) {
    if (file->path().filename() == kLinkKey) continue;
    return absl::AlreadyExistsError(
        absl::StrCat(folder.string(), " is not empty; name a folder that does not exist yet."));
  }
  if (!error) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(folder.string(), " cannot be made: ", error.message(), "."));
}

absl::Status Fill(const std::string& part, const LogIdentity& identity,
                  const std::function<absl::Status(EventLog& log)>& fill) {
  {
    auto log = RocksDbLog::Open({.folder = absl::StrCat(part, "/log"), .create_if_missing = true, .sync = false});
    if (!log.ok()) return log.status();
    if (absl::Status filled = fill(**log); !filled.ok()) return filled;
    if (absl::Status settled = (*log)->Settle(); !settled.ok()) return settled;
  }
  StoreIdentity adopted = FreshIdentity();
  if (!identity.store_id.empty()) adopted.id = identity.store_id;
  if (identity.epoch != 0) adopted.epoch = identity.epoch;
  return Store::Adopt({.folder = part}, adopted);
}

absl::Status MoveTo(const fs::path& part, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kLinkKey, error)) fs::rename(folder / kLinkKey, part / kLinkKey, error);
  // Where it is there, it is empty now.
  if (!error) fs::rename(part, folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder.string(), " cannot be made: ", error.message(), "."));
  const std::string parent = folder.parent_path().string();
  return SyncFolder(parent.empty() ? "." : parent);
}

}  // namespace

absl::Status MakeStoreOf(const std::string& folder, const LogIdentity& identity,
                         const std::function<absl::Status(EventLog& log)>& fill) {
  const fs::path path = Plain(folder);
  if (absl::Status free = CheckNothingIn(path); !free.ok()) return free;
  const fs::path part = path.string() + ".part";
  std::error_code ignored;
  fs::remove_all(part, ignored);
  absl::Status made = Fill(part.string(), identity, fill);
  if (made.ok()) made = MoveTo(part, path);
  if (!made.ok()) fs::remove_all(part, ignored);
  return made;
}

}  // namespace bursar::cli

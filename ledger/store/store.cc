#include "ledger/store/store.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/ballast.h"
#include "ledger/store/copies.h"
#include "ledger/store/files.h"
#include "ledger/store/paired_log.h"
#include "ledger/store/watermark.h"

namespace bursar {
namespace {

constexpr char kLog[] = "log";
constexpr char kBlocks[] = "blocks";
constexpr char kIdentity[] = "store";
constexpr char kWatermark[] = "watermark";
// RocksDB writes this much at most while it opens.
constexpr uint64_t kRoomToOpen = 64 << 20;
// There while a store is made: what is in the folder then is nobody's, and may be removed.
constexpr char kUnfinished[] = "unfinished";

absl::Status NoStore(const std::string& folder) {
  return absl::NotFoundError(
      absl::StrCat("There is no store in ", folder, ". Make an empty one: bursar init --data-dir ", folder));
}

// The lock of one folder, held until it goes.
class FolderLock {
 public:
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(rocksdb::FileSystem& files, const std::string& folder) {
    rocksdb::FileLock* lock = nullptr;
    if (BURSAR_PLANTED(lock_not_taken)) return std::unique_ptr<FolderLock>(new FolderLock(files, lock));
    const std::string path = absl::StrCat(folder, "/lock");
    const rocksdb::IOStatus taken = files.LockFile(path, rocksdb::IOOptions(), &lock, nullptr);
    if (taken.ok()) return std::unique_ptr<FolderLock>(new FolderLock(files, lock));
    const std::string said = taken.ToString();
    if (absl::StrContains(said, "lock hold by current process") || absl::StrContains(said, "While lock file")) {
      return absl::FailedPreconditionError(absl::StrCat("The store in ", folder, " is in use by another process."));
    }
    return Told(taken, "locked", path);
  }

  ~FolderLock() {
    if (lock_ != nullptr) files_.UnlockFile(lock_, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
  }

 private:
  FolderLock(rocksdb::FileSystem& files, rocksdb::FileLock* lock) : files_(files), lock_(lock) {}

  rocksdb::FileSystem& files_;
  rocksdb::FileLock* const lock_;
};

}  // namespace

// In the order in which they are made; taken apart in the opposite one.
struct Store::Parts {
  explicit Parts(const Options& given)
      : options(given),
        files(given.files != nullptr ? given.files : rocksdb::FileSystem::Default()),
        env(given.env != nullptr || given.files == nullptr ? given.env : rocksdb::NewCompositeEnv(given.files)),
        journal_folder(given.journal_folder.empty() ? given.folder + "/journal" : given.journal_folder),
        blocks_folder(absl::StrCat(journal_folder, "/", kBlocks)),
        log_folder(absl::StrCat(given.folder, "/", kLog)) {}

  const Options options;
  const std::shared_ptr<rocksdb::FileSystem> files;
  const std::shared_ptr<rocksdb::Env> env;
  const std::string journal_folder;
  const std::string blocks_folder;
  const std::string log_folder;
  std::unique_ptr<FolderLock> lock;
  Identity identity;
  std::optional<Watermark::Mark> mark;
  std::vector<std::string> repairs;
  std::unique_ptr<RocksDbLog> first;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Watermark> watermark;
  std::unique_ptr<PairedLog> log;

  std::string InFolder(absl::string_view name) const { return absl::StrCat(options.folder, "/", name); }
  void Repaired(std::string sentence);

  // Making one
  absl::Status MakeFolders() const;
  absl::StatusOr<bool> IsAnyThere(const std::vector<std::string>& paths) const;
  absl::Status CheckNothingThere(const std::vector<std::string>& paths) const;
  absl::Status CheckNoBlocks() const;
  absl::Status Begin() const;
  absl::Status Finish() const;
  absl::Status WriteBeside(const LogEnd& end);

  // Opening one
  absl::Status ReadIdentityAndMark();
  absl::Status IdentityFromMark(const absl::Status& why);
  Copies::Options OptionsOfCopies();
  absl::Status OpenLog();
  absl::Status MakeRoom() const;
  absl::Status OpenAll();
};

// Making one
// ------------------------------------------------------------------------------------------------------------------

void Store::Parts::Repaired(std::string sentence) {
  if (options.warn) options.warn(sentence);
  repairs.push_back(std::move(sentence));
}

absl::Status Store::Parts::MakeFolders() const {
  for (const std::string& folder : {options.folder, blocks_folder}) {
    if (absl::Status made = bursar::MakeFolders(*files, folder); !made.ok()) return made;
  }
  if (options.files != nullptr) return absl::OkStatus();
  // Who people are stands in them.
  for (const std::string& folder : {options.folder, journal_folder}) {
    std::error_code error;
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) return absl::UnavailableError(absl::StrCat(folder, " could not be made private: ", error.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Store::Parts::IsAnyThere(const std::vector<std::string>& paths) const {
  for (const std::string& path : paths) {
    const absl::StatusOr<bool> there = Exists(*files, path);
    if (!there.ok() || *there) return there;
  }
  return false;
}

absl::Status Store::Parts::CheckNothingThere(const std::vector<std::string>& paths) const {
  for (const std::string& path : paths) {
    const absl::StatusOr<bool> there = Exists(*files, path);
    if (!there.ok()) return there.status();
    if (*there) return absl::AlreadyExistsError(absl::StrCat("There is a store already: ", path, " exists."));
  }
  return absl::OkStatus();
}

// The watermark, and last what makes a store of the folder.
absl::Status Store::Parts::WriteBeside(const LogEnd& end) {
  absl::StatusOr<std::unique_ptr<Watermark>> begun = Watermark::Begin(*files, options.folder, identity, end, 0);
  if (!begun.ok()) return begun.status();
  return ReplaceFile(*files, options.folder, kIdentity, Written(identity));
}

absl::Status Store::Make(const Options& options) { return Make(options, FreshIdentity()); }

absl::Status Store::Make(const Options& options, const Identity& identity) {
  Parts parts(options);
  parts.identity = identity;
  if (absl::Status free = parts.CheckNothingThere({parts.InFolder(kIdentity)}); !free.ok()) return free;
  if (absl::Status made = bursar::MakeFolders(*parts.files, options.folder); !made.ok()) return made;
  auto lock = FolderLock::Take(*parts.files, options.folder);
  if (!lock.ok()) return lock.status();
  if (absl::Status begun = parts.Begin(); !begun.ok()) return begun;
  auto log = RocksDbLog::Open({.folder = parts.log_folder, .create_if_missing = true, .env = parts.env.get()});
  if (!log.ok()) return log.status();
  if (absl::Status synced = SyncFolder(*parts.files, options.folder); !synced.ok()) return synced;
  if (absl::Status written = parts.WriteBeside({}); !written.ok()) return written;
  return parts.Finish();
}

// Removes what is left of a store that was begun before and not finished.
absl::Status Store::Parts::Begin() const {
  const absl::StatusOr<bool> unfinished = Exists(*files, InFolder(kUnfinished));
  if (!unfinished.ok()) return unfinished.status();
  std::vector<std::string> mine = {InFolder(kIdentity)};
  if (!*unfinished) mine.insert(mine.end(), {InFolder(kWatermark), log_folder});
  if (absl::Status free = CheckNothingThere(mine); !free.ok()) return free;
  if (absl::Status free = CheckNoBlocks(); !free.ok()) return free;
  if (absl::Status noted = ReplaceFile(*files, options.folder, kUnfinished, ""); !noted.ok()) return noted;
  if (absl::Status removed = RemoveFolder(*files, log_folder); !removed.ok()) return removed;
  return MakeFolders();
}

absl::Status Store::Parts::Finish() const {
  const absl::StatusOr<bool> there = Exists(*files, InFolder(kUnfinished));
  if (!there.ok() || !*there) return there.status();
  const absl::Status removed =
      Told(files->DeleteFile(InFolder(kUnfinished), rocksdb::IOOptions(), nullptr), "removed", InFolder(kUnfinished));
  return removed.ok() ? SyncFolder(*files, options.folder) : removed;
}

absl::Status Store::Parts::CheckNoBlocks() const {
  const absl::StatusOr<bool> there = Exists(*files, blocks_folder);
  if (!there.ok() || !*there) return there.status();
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(*files, blocks_folder);
  if (!names.ok()) return names.status();
  if (names->empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat("There is a store already: ", blocks_folder, " is not empty."));
}

absl::Status Store::Adopt(const Options& options) { return Adopt(options, FreshIdentity()); }

absl::Status Store::Adopt(const Options& options, const Identity& identity) {
  Parts parts(options);
  parts.identity = identity;
  const absl::Status free = parts.CheckNothingThere({parts.InFolder(kIdentity), parts.InFolder(kWatermark)});
  if (!free.ok()) return free;
  auto log = RocksDbLog::Open({.folder = parts.log_folder, .env = parts.env.get(), .read_only = true});
  if (!log.ok()) return log.status();
  const auto count = [&](const storage::v1::Block& block) {
    if (options.on_verify) options.on_verify(block.first_position(), (*log)->Last().position);
    return absl::OkStatus();
  };
  const absl::StatusOr<LogEnd> end = VerifiedRead(**log, count);
  if (!end.ok()) return end.status();
  if (absl::Status made = parts.MakeFolders(); !made.ok()) return made;
  auto lock = FolderLock::Take(*parts.files, options.folder);
  if (!lock.ok()) return lock.status();
  if (absl::Status written = Copies(parts.OptionsOfCopies()).WriteJournal(**log); !written.ok()) return written;
  return parts.WriteBeside(*end);
}

// Opening one
// -----------------------------------------------------------------------------------------------------------------

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const Options& options) {
  auto parts = std::make_unique<Parts>(options);
  // Before the lock, which would leave a file in a folder that is none of ours.
  const absl::StatusOr<bool> there =
      parts->IsAnyThere({parts->InFolder(kIdentity), parts->InFolder(kWatermark), parts->log_folder});
  if (!there.ok()) return there.status();
  if (!*there) return NoStore(options.folder);
  if (absl::Status opened = parts->OpenAll(); !opened.ok()) return opened;
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

absl::Status Store::Parts::OpenAll() {
  auto taken = FolderLock::Take(*files, options.folder);
  if (!taken.ok()) return taken.status();
  lock = *std::move(taken);
  if (absl::Status room = MakeRoom(); !room.ok()) return room;
  if (absl::Status read = ReadIdentityAndMark(); !read.ok()) return read;
  if (absl::Status opened = OpenLog(); !opened.ok()) return opened;
  KeepBallast(*files, options.folder, options.ballast_bytes);
  return absl::OkStatus();
}

absl::Status Store::Parts::MakeRoom() const {
  const uint64_t needed = std::max(options.ballast_bytes, kRoomToOpen);
  const absl::StatusOr<bool> given_up = GiveUpBallast(*files, options.folder, needed);
  if (given_up.ok() && *given_up && options.warn) {
    options.warn(absl::StrCat("The disk of ", options.folder,
                              " is full. The ballast was given up so that the ledger can be opened: make room."));
  }
  return given_up.status();
}

absl::Status Store::Parts::ReadIdentityAndMark() {
  absl::StatusOr<std::optional<Watermark::Mark>> found = Watermark::Read(*files, InFolder(kWatermark));
  if (!found.ok()) return found.status();
  mark = *std::move(found);
  const absl::StatusOr<std::string> text = ReadWhole(*files, InFolder(kIdentity));
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  const absl::StatusOr<Identity> read =
      text.ok() ? ReadIdentity(*text)
                : absl::DataLossError(absl::StrCat("The file ", InFolder(kIdentity), " is lost."));
  if (absl::IsDataLoss(read.status())) return IdentityFromMark(read.status());
  if (!read.ok()) return read.status();
  identity = *read;
  if (mark && mark->identity.id != identity.id) {
    return absl::FailedPreconditionError(absl::StrCat("The watermark in ", options.folder,
                                                      " belongs to another store (", mark->identity.id,
                                                      "), not to this one (", identity.id, ")."));
  }
  return Finish();
}

absl::Status Store::Parts::IdentityFromMark(const absl::Status& why) {
  const absl::StatusOr<bool> unfinished = Exists(*files, InFolder(kUnfinished));
  const absl::StatusOr<bool> named = Exists(*files, InFolder(kIdentity));
  if (!unfinished.ok()) return unfinished.status();
  if (!named.ok()) return named.status();
  if (*unfinished && !*named) {
    return absl::NotFoundError(absl::StrCat("There is no store in ", options.folder,
                                            ": one was begun and not finished. It holds nothing; make it again."));
  }
  if (mark) {
    identity = mark->identity;
    if (absl::Status written = ReplaceFile(*files, options.folder, kIdentity, Written(identity)); !written.ok()) {
      return written;
    }
    Repaired(absl::StrCat(why.message(), " It was written anew from the watermark."));
    return Finish();
  }
  const absl::StatusOr<bool> log_there = Exists(*files, log_folder + "/CURRENT");
  if (!log_there.ok()) return log_there.status();
  if (*named) return absl::DataLossError(absl::StrCat(why.message(), " The watermark, which says it too, is lost."));
  if (!*log_there) return NoStore(options.folder);
  return absl::NotFoundError(absl::StrCat("The folder ", options.folder,
                                          " holds a log without its second copy, as Bursar 0.1 left it. Make a store "
                                          "of it: bursar init --adopt --data-dir ",
                                          options.folder));
}

Copies::Options Store::Parts::OptionsOfCopies() {
  return {.files = files.get(),
          .env = env.get(),
          .folder = options.folder,
          .journal_folder = journal_folder,
          .store_id = identity.id,
          .mark = mark ? std::optional<LogEnd>(mark->end) : std::nullopt,
          .on_verify = options.on_verify,
          .on_repair = [this](std::string sentence) { Repaired(std::move(sentence)); },
          .on_failure = options.on_failure,
          .write_buffer_bytes = options.write_buffer_bytes};
}

absl::Status Store::Parts::OpenLog() {
  absl::StatusOr<Copies::Pair> opened = Copies(OptionsOfCopies()).Open();
  if (!opened.ok()) return opened.status();
  first = std::move(opened->log);
  journal = std::move(opened->journal);
  if (!mark) Repaired(absl::StrCat("The watermark, ", InFolder(kWatermark), ", was lost and is written anew."));
  auto begun = Watermark::Begin(*files, options.folder, identity, opened->end, mark ? mark->turn : 0);
  if (!begun.ok()) return begun.status();
  watermark = *std::move(begun);
  log = std::make_unique<PairedLog>(*first, *journal, *watermark);
  return absl::OkStatus();
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Store::~Store() = default;

EventLog& Store::log() { return *parts_->log; }

const Store::Identity& Store::identity() const { return parts_->identity; }

const std::vector<std::string>& Store::repairs() const { return parts_->repairs; }

}  // namespace bursar

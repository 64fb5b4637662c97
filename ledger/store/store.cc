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
#include "absl/strings/str_join.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/files.h"
#include "ledger/store/journal.h"
#include "ledger/store/journal_blocks.h"
#include "ledger/store/merge.h"
#include "ledger/store/paired_log.h"
#include "ledger/store/watermark.h"

namespace bursar {
namespace {

constexpr char kLog[] = "log";
constexpr char kBlocks[] = "blocks";
constexpr char kIdentity[] = "store";
constexpr char kWatermark[] = "watermark";
// There while a store is made: what is in the folder then is nobody's, and may be removed.
constexpr char kUnfinished[] = "unfinished";
constexpr size_t kOfLog = 0;
constexpr size_t kOfJournal = 1;

// "position 7", "positions 7 to 9"
std::string PositionsOf(const PositionRange& range) {
  if (range.first == range.last) return absl::StrCat("position ", range.first);
  return absl::StrCat("positions ", range.first, " to ", range.last);
}

std::string PositionsOf(const std::vector<PositionRange>& ranges) {
  constexpr size_t kMost = 8;
  const std::vector<PositionRange> first(ranges.begin(), ranges.begin() + std::min(ranges.size(), kMost));
  const auto write = [](std::string* out, const PositionRange& range) { out->append(PositionsOf(range)); };
  return absl::StrCat(absl::StrJoin(first, ", ", write), ranges.size() > kMost ? " and more" : "");
}

// How far a copy goes that lacks nothing but its end.
Position HasTo(const CopySurvey& copy, const LogEnd& end) {
  return copy.lacks.empty() ? end.position : copy.lacks[0].first - 1;
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
  // Of the journal as it was read last: the segment that ends it, which the system may hold in its memory only.
  std::string last_segment;
  bool rebuilt_journal = false;
  std::unique_ptr<RocksDbLog> first;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Watermark> watermark;
  std::unique_ptr<PairedLog> log;

  std::string InFolder(absl::string_view name) const { return absl::StrCat(options.folder, "/", name); }
  void Repaired(std::string sentence);

  // Making one
  absl::Status MakeFolders() const;
  absl::Status CheckNothingThere(const std::vector<std::string>& paths) const;
  absl::Status CheckNoBlocks() const;
  absl::Status Begin() const;
  absl::Status Finish() const;
  absl::Status WriteBeside(const LogEnd& end);

  // Opening one
  absl::Status ReadIdentityAndMark();
  absl::Status IdentityFromMark(const absl::Status& why);
  absl::Status OpenToRead(std::unique_ptr<RocksDbLog>* log);
  absl::StatusOr<std::unique_ptr<JournalBlocks>> OpenJournal() const;
  absl::StatusOr<Survey> Read(const RocksDbLog* log, bool journal_first,
                              const std::function<absl::Status(const StoredBlock&)>& visit);
  absl::StatusOr<Survey> Verify(const RocksDbLog* log, bool* journal_first);
  absl::Status Judge(const Survey& survey) const;
  bool IsCrashLeftover(const CopySurvey& copy, const LogEnd& end) const;
  absl::Status RepairCopies(std::unique_ptr<RocksDbLog> log, const Survey& survey, bool journal_first);
  absl::Status RebuildLog(const RocksDbLog* log, bool journal_first);
  absl::Status RebuildJournal(const RocksDbLog* log, bool journal_first);
  absl::Status Swap(const std::string& parent, const std::string& name, const CopySurvey& copy,
                    absl::string_view source);
  absl::Status OpenToWrite(const Survey& survey);
  absl::Status LevelLog(const LogEnd& end);
  absl::Status LevelJournal(Position has, const LogEnd& end);
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
  if (absl::Status built = parts.RebuildJournal(log->get(), false); !built.ok()) return built;
  if (auto swapped = SwapIn(*parts.files, parts.journal_folder, kBlocks); !swapped.ok()) return swapped.status();
  return parts.WriteBeside(*end);
}

// Opening one
// -----------------------------------------------------------------------------------------------------------------

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const Options& options) {
  auto parts = std::make_unique<Parts>(options);
  const absl::StatusOr<bool> there = Exists(*parts->files, options.folder);
  if (!there.ok()) return there.status();
  if (!*there) return absl::NotFoundError(absl::StrCat("There is no folder ", options.folder, "."));
  if (absl::Status opened = parts->OpenAll(); !opened.ok()) return opened;
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

absl::Status Store::Parts::OpenAll() {
  auto taken = FolderLock::Take(*files, options.folder);
  if (!taken.ok()) return taken.status();
  lock = *std::move(taken);
  if (absl::Status read = ReadIdentityAndMark(); !read.ok()) return read;
  if (absl::Status done = FinishSwap(*files, options.folder, kLog); !done.ok()) return done;
  if (absl::Status done = FinishSwap(*files, journal_folder, kBlocks); !done.ok()) return done;
  std::unique_ptr<RocksDbLog> reading;
  if (absl::Status opened = OpenToRead(&reading); !opened.ok()) return opened;
  bool journal_first = false;
  const absl::StatusOr<Survey> survey = Verify(reading.get(), &journal_first);
  if (!survey.ok()) return survey.status();
  if (absl::Status whole = Judge(*survey); !whole.ok()) return whole;
  if (absl::Status done = RepairCopies(std::move(reading), *survey, journal_first); !done.ok()) return done;
  return OpenToWrite(*survey);
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
  if (!*log_there) return absl::NotFoundError(absl::StrCat("There is no store in ", options.folder, "."));
  return absl::FailedPreconditionError(
      absl::StrCat("The folder ", options.folder, " holds a log without its second copy, as of Bursar 0.1."));
}

// Null where the log is damaged so that it cannot even be read.
absl::Status Store::Parts::OpenToRead(std::unique_ptr<RocksDbLog>* opened) {
  auto found = RocksDbLog::Open({.folder = log_folder, .env = env.get(), .read_only = true});
  if (found.ok()) *opened = *std::move(found);
  const bool damaged = absl::IsDataLoss(found.status()) || absl::IsNotFound(found.status());
  return damaged ? absl::OkStatus() : found.status();
}

// Null where there is none.
absl::StatusOr<std::unique_ptr<JournalBlocks>> Store::Parts::OpenJournal() const {
  auto opened = JournalBlocks::Open(*files, blocks_folder, identity.id);
  if (absl::IsNotFound(opened.status())) return std::unique_ptr<JournalBlocks>();
  return opened;
}

absl::StatusOr<Survey> Store::Parts::Read(const RocksDbLog* reading, bool journal_first,
                                          const std::function<absl::Status(const StoredBlock&)>& visit) {
  const std::unique_ptr<BlockSource> of_log = reading != nullptr ? reading->Blocks() : nullptr;
  const auto of_journal = OpenJournal();
  if (!of_journal.ok()) return of_journal.status();
  std::array<BlockSource*, 2> copies = {of_log.get(), of_journal->get()};
  if (journal_first) std::swap(copies[0], copies[1]);
  absl::StatusOr<Survey> survey = Merge(copies, mark ? mark->end : LogEnd(), visit);
  if (survey.ok() && journal_first) std::swap(survey->copies[0], survey->copies[1]);
  if (*of_journal != nullptr) last_segment = (*of_journal)->last_segment();
  return survey;
}

// Where both copies are chains of their own, the right one is that which holds the watermark.
absl::StatusOr<Survey> Store::Parts::Verify(const RocksDbLog* reading, bool* journal_first) {
  const Position all = std::max(mark ? mark->end.position : 0, reading != nullptr ? reading->Last().position : 0);
  const auto report = [&](const StoredBlock& block) {
    if (options.on_verify) options.on_verify(block.last, std::max(all, block.last));
    return absl::OkStatus();
  };
  absl::StatusOr<Survey> survey = Read(reading, false, report);
  if (!survey.ok() || survey->has_mark || !survey->differ) return survey;
  *journal_first = true;
  return Read(reading, true, report);
}

// Whether everything that was answered is in one copy at least.
absl::Status Store::Parts::Judge(const Survey& survey) const {
  if (BURSAR_PLANTED(watermark_ignored)) return absl::OkStatus();
  const Position answered = mark ? mark->end.position : 0;
  const std::string copies = absl::StrCat(log_folder, " and ", blocks_folder);
  if (survey.beyond || survey.end.position < answered) {
    const PositionRange lost{.first = survey.end.position + 1, .last = survey.beyond ? *survey.beyond - 1 : answered};
    return absl::DataLossError(absl::StrCat("The ledger is damaged: ", PositionsOf(lost),
                                            " can be read neither in the log nor in its second copy (", copies, ")."));
  }
  if (!survey.has_mark) {
    return absl::DataLossError(absl::StrCat("The ledger is damaged: the entry at position ", answered,
                                            " is not the one that was answered, as the watermark in ", options.folder,
                                            " shows (", copies, ")."));
  }
  const bool level =
      IsCrashLeftover(survey.copies[kOfLog], survey.end) && IsCrashLeftover(survey.copies[kOfJournal], survey.end);
  if (mark || level) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("The watermark in ", options.folder,
                                          " is lost, and the log and its second copy do not agree (", copies,
                                          "), so that nobody can say whether all is there that was answered."));
}

// Nothing that was answered is missing, and appending what is makes it whole.
bool Store::Parts::IsCrashLeftover(const CopySurvey& copy, const LogEnd& end) const {
  if (copy.damaged || copy.lacks.size() > 1) return false;
  if (copy.lacks.empty()) return true;
  if (BURSAR_PLANTED(torn_tail_is_damage)) return false;
  return copy.lacks[0].last == end.position && (!mark || copy.lacks[0].first > mark->end.position);
}

// Both are built before either is moved, because each may need the other.
absl::Status Store::Parts::RepairCopies(std::unique_ptr<RocksDbLog> reading, const Survey& survey, bool journal_first) {
  const CopySurvey& of_log = survey.copies[kOfLog];
  const CopySurvey& of_journal = survey.copies[kOfJournal];
  const bool log_bad = reading == nullptr || !IsCrashLeftover(of_log, survey.end);
  const bool journal_bad = of_journal.damaged || of_journal.lacks.size() > 1 ||
                           (!of_journal.lacks.empty() && of_journal.lacks[0].last != survey.end.position);
  if (log_bad) {
    if (absl::Status built = RebuildLog(reading.get(), journal_first); !built.ok()) return built;
  }
  if (journal_bad && !BURSAR_PLANTED(journal_not_compared)) {
    if (absl::Status built = RebuildJournal(reading.get(), journal_first); !built.ok()) return built;
  }
  reading.reset();
  if (log_bad) {
    if (absl::Status done = Swap(options.folder, kLog, of_log, "its second copy"); !done.ok()) return done;
  }
  if (journal_bad && !BURSAR_PLANTED(journal_not_compared)) {
    last_segment.clear();
    rebuilt_journal = true;
    return Swap(journal_folder, kBlocks, of_journal, "the log");
  }
  if (IsCrashLeftover(of_journal, survey.end)) return absl::OkStatus();
  Repaired(absl::StrCat("The second copy of the log, ", blocks_folder, ", had lost ", PositionsOf(of_journal.lacks),
                        ". They were written to it again from the log."));
  return absl::OkStatus();
}

absl::Status Store::Parts::RebuildLog(const RocksDbLog* reading, bool journal_first) {
  const std::string folder = log_folder + ".rebuilt";
  if (absl::Status removed = RemoveFolder(*files, folder); !removed.ok()) return removed;
  auto log = RocksDbLog::Open({.folder = folder, .create_if_missing = true, .env = env.get(), .sync = false});
  if (!log.ok()) return log.status();
  const auto append = [&](const StoredBlock& block) { return (*log)->Append(block); };
  if (auto read = Read(reading, journal_first, append); !read.ok()) return read.status();
  return (*log)->Settle();
}

absl::Status Store::Parts::RebuildJournal(const RocksDbLog* reading, bool journal_first) {
  const std::string folder = blocks_folder + ".rebuilt";
  if (absl::Status removed = RemoveFolder(*files, folder); !removed.ok()) return removed;
  if (absl::Status made = bursar::MakeFolders(*files, folder); !made.ok()) return made;
  Journal fresh({.files = files.get(), .folder = folder, .store_id = identity.id});
  const auto write = [&](const StoredBlock& block) { return fresh.Write(block); };
  if (auto read = Read(reading, journal_first, write); !read.ok()) return read.status();
  return fresh.Sync();
}

absl::Status Store::Parts::Swap(const std::string& parent, const std::string& name, const CopySurvey& copy,
                                absl::string_view source) {
  const absl::StatusOr<std::string> aside = SwapIn(*files, parent, name);
  if (!aside.ok()) return aside.status();
  const std::string lost = copy.lacks.empty() ? "" : absl::StrCat(" (it had lost ", PositionsOf(copy.lacks), ")");
  const std::string kept = aside->empty() ? "" : absl::StrCat(" What it was before is kept as ", *aside, ".");
  Repaired(absl::StrCat(parent, "/", name, " was damaged", lost, " and was built again from ", source, ".", kept));
  return absl::OkStatus();
}

absl::Status Store::Parts::OpenToWrite(const Survey& survey) {
  const LogEnd& end = survey.end;
  auto opened = RocksDbLog::Open({.folder = log_folder,
                                  .env = env.get(),
                                  .on_failure = options.on_failure,
                                  .write_buffer_bytes = options.write_buffer_bytes});
  if (!opened.ok()) return opened.status();
  first = *std::move(opened);
  if (absl::Status level = LevelLog(end); !level.ok()) return level;
  const Position journal_has = rebuilt_journal ? end.position : HasTo(survey.copies[kOfJournal], end);
  if (absl::Status level = LevelJournal(journal_has, end); !level.ok()) return level;
  if (!mark) Repaired(absl::StrCat("The watermark, ", InFolder(kWatermark), ", was lost and is written anew."));
  auto begun = Watermark::Begin(*files, options.folder, identity, end, mark ? mark->turn : 0);
  if (!begun.ok()) return begun.status();
  watermark = *std::move(begun);
  log = std::make_unique<PairedLog>(*first, *journal, *watermark);
  return absl::OkStatus();
}

// A crash may have left the last block in the journal alone.
absl::Status Store::Parts::LevelLog(const LogEnd& end) {
  if (first->Last().position < end.position && !BURSAR_PLANTED(log_not_levelled)) {
    const auto blocks = OpenJournal();
    if (!blocks.ok()) return blocks.status();
    while (first->Last().position < end.position) {
      const auto block = (*blocks)->Find(first->Last().position + 1);
      if (!block.ok()) return block.status();
      if (!*block) break;
      if (absl::Status appended = first->Append(**block); !appended.ok()) return appended;
    }
  }
  if (first->Last().position == end.position && first->Last().hash == end.hash) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("The log in ", log_folder, " ends at position ", first->Last().position,
                                          " where it was opened for writing, and at ", end.position,
                                          " where it was read: Bursar stops before it is changed."));
}

// What the journal holds is made durable, as a crash may have left it in the memory of the system only.
absl::Status Store::Parts::LevelJournal(Position has, const LogEnd& end) {
  if (absl::Status made = bursar::MakeFolders(*files, blocks_folder); !made.ok()) return made;
  if (!last_segment.empty() && !BURSAR_PLANTED(journal_tail_unsynced)) {
    if (absl::Status synced = SyncFile(*files, last_segment); !synced.ok()) return synced;
  }
  if (absl::Status synced = SyncFolder(*files, blocks_folder); !synced.ok()) return synced;
  const auto blocks = OpenJournal();
  if (!blocks.ok()) return blocks.status();
  journal = std::make_unique<Journal>(
      Journal::Options{.files = files.get(),
                       .folder = blocks_folder,
                       .store_id = identity.id,
                       .next_segment = (*blocks)->next_segment() - (BURSAR_PLANTED(journal_segment_reused) ? 1 : 0)});
  if (has == end.position || BURSAR_PLANTED(journal_not_levelled)) return absl::OkStatus();
  const absl::Status copied = first->Read(has + 1, [&](const StoredBlock& block) { return journal->Write(block); });
  return copied.ok() ? journal->Sync() : copied;
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Store::~Store() = default;

EventLog& Store::log() { return *parts_->log; }

const Store::Identity& Store::identity() const { return parts_->identity; }

const std::vector<std::string>& Store::repairs() const { return parts_->repairs; }

}  // namespace bursar

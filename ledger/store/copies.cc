#include "ledger/store/copies.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/base/planted.h"
#include "ledger/store/files.h"

namespace bursar {
namespace {

constexpr char kLog[] = "log";
constexpr char kBlocks[] = "blocks";
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

// Whether appending to the copy makes it whole.
bool LacksItsEndOnly(const CopySurvey& copy, const LogEnd& end) {
  if (copy.damaged || copy.lacks.size() > 1) return false;
  return copy.lacks.empty() || copy.lacks[0].last == end.position;
}

}  // namespace

Copies::Copies(Options options)
    : options_(std::move(options)),
      log_folder_(absl::StrCat(options_.folder, "/", kLog)),
      blocks_folder_(absl::StrCat(options_.journal_folder, "/", kBlocks)) {}

absl::StatusOr<Copies::Pair> Copies::Open() {
  if (absl::Status done = FinishSwap(*options_.files, options_.folder, kLog); !done.ok()) return done;
  if (absl::Status done = FinishSwap(*options_.files, options_.journal_folder, kBlocks); !done.ok()) return done;
  if (absl::Status opened = OpenToRead(); !opened.ok()) return opened;
  const absl::StatusOr<Survey> survey = Verify();
  if (!survey.ok()) return survey.status();
  if (absl::Status whole = Judge(*survey); !whole.ok()) return whole;
  if (absl::Status mended = Mend(*survey); !mended.ok()) return mended;
  auto log = OpenLog(survey->end);
  if (!log.ok()) return log.status();
  const auto blocks = OpenJournal();
  if (!blocks.ok()) return blocks.status();
  auto journal = std::make_unique<Journal>(
      Journal::Options{.files = options_.files,
                       .folder = blocks_folder_,
                       .store_id = options_.store_id,
                       .next_segment = (*blocks)->next_segment() - (BURSAR_PLANTED(journal_segment_reused) ? 1 : 0)});
  return Pair{.log = *std::move(log), .journal = std::move(journal), .end = survey->end};
}

absl::Status Copies::WriteJournal(const RocksDbLog& log) {
  const auto all = [&](const std::function<absl::Status(const StoredBlock&)>& write) { return log.Read(1, write); };
  if (absl::Status built = BuildJournal(all); !built.ok()) return built;
  return SwapIn(*options_.files, options_.journal_folder, kBlocks).status();
}

absl::Status Copies::OpenToRead() {
  auto found = RocksDbLog::Open({.folder = log_folder_, .env = options_.env, .read_only = true});
  if (found.ok()) reading_ = *std::move(found);
  const bool damaged = absl::IsDataLoss(found.status()) || absl::IsNotFound(found.status());
  return damaged ? absl::OkStatus() : found.status();
}

// Null where there is none.
absl::StatusOr<std::unique_ptr<JournalBlocks>> Copies::OpenJournal() const {
  auto opened = JournalBlocks::Open(*options_.files, blocks_folder_, options_.store_id);
  if (absl::IsNotFound(opened.status())) return std::unique_ptr<JournalBlocks>();
  return opened;
}

absl::StatusOr<Survey> Copies::Read(const RocksDbLog* log,
                                    const std::function<absl::Status(const StoredBlock&)>& visit) {
  const std::unique_ptr<BlockSource> of_log = log != nullptr ? log->Blocks() : nullptr;
  const auto of_journal = OpenJournal();
  if (!of_journal.ok()) return of_journal.status();
  std::array<BlockSource*, 2> copies = {of_log.get(), of_journal->get()};
  if (journal_first_) std::swap(copies[0], copies[1]);
  absl::StatusOr<Survey> survey = Merge(copies, options_.mark.value_or(LogEnd()), visit);
  if (survey.ok() && journal_first_) std::swap(survey->copies[0], survey->copies[1]);
  if (*of_journal != nullptr) last_segment_ = (*of_journal)->last_segment();
  return survey;
}

absl::StatusOr<Survey> Copies::Verify() {
  const Position in_log = reading_ != nullptr ? reading_->Last().position : 0;
  const Position all = std::max(options_.mark.value_or(LogEnd()).position, in_log);
  const auto report = [&](const StoredBlock& block) {
    if (options_.on_verify) options_.on_verify(block.last, std::max(all, block.last));
    return absl::OkStatus();
  };
  absl::StatusOr<Survey> survey = Read(reading_.get(), report);
  if (!survey.ok() || survey->has_mark || !survey->differ) return survey;
  journal_first_ = true;
  return Read(reading_.get(), report);
}

// Whether everything that was answered is in one copy at least.
absl::Status Copies::Judge(const Survey& survey) const {
  if (BURSAR_PLANTED(watermark_ignored)) return absl::OkStatus();
  const Position answered = options_.mark.value_or(LogEnd()).position;
  const std::string copies = absl::StrCat(log_folder_, " and ", blocks_folder_);
  if (survey.beyond || survey.end.position < answered) {
    const PositionRange lost{.first = survey.end.position + 1, .last = survey.beyond ? *survey.beyond - 1 : answered};
    return absl::DataLossError(absl::StrCat("The ledger is damaged: ", PositionsOf(lost),
                                            " can be read neither in the log nor in its second copy (", copies, ")."));
  }
  if (!survey.has_mark) {
    return absl::DataLossError(absl::StrCat("The ledger is damaged: the entry at position ", answered,
                                            " is not the one that was answered, as the watermark in ", options_.folder,
                                            " shows (", copies, ")."));
  }
  const bool level = reading_ != nullptr && IsCrashLeftover(survey.copies[kOfLog], survey.end) &&
                     IsCrashLeftover(survey.copies[kOfJournal], survey.end);
  if (options_.mark || level) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("The watermark in ", options_.folder,
                                          " is lost, and the log and its second copy do not agree (", copies,
                                          "), so that nobody can say whether all is there that was answered."));
}

// Nothing that was answered is missing, as far as the watermark says, and appending makes it whole. Without a watermark
// it is known only that a crash leaves one block at most in one copy alone.
bool Copies::IsCrashLeftover(const CopySurvey& copy, const LogEnd& end) const {
  if (!LacksItsEndOnly(copy, end) || (BURSAR_PLANTED(torn_tail_is_damage) && !copy.lacks.empty())) return false;
  if (!options_.mark) return copy.blocks_lacking <= 1;
  return copy.lacks.empty() || copy.lacks[0].first > options_.mark->position;
}

// Both are built before either is moved, because each may need the other. The journal is whole when this is done.
absl::Status Copies::Mend(const Survey& survey) {
  const CopySurvey& of_log = survey.copies[kOfLog];
  const CopySurvey& of_journal = survey.copies[kOfJournal];
  const bool log_bad = reading_ == nullptr || !IsCrashLeftover(of_log, survey.end);
  const bool journal_bad = !LacksItsEndOnly(of_journal, survey.end) && !BURSAR_PLANTED(journal_not_compared);
  if (log_bad) {
    if (absl::Status built = RebuildLog(reading_.get()); !built.ok()) return built;
  }
  const absl::Status journal_whole =
      journal_bad ? RebuildJournal(reading_.get()) : LevelJournal(of_journal, survey.end);
  if (!journal_whole.ok()) return journal_whole;
  reading_.reset();
  if (log_bad) {
    if (absl::Status done = Swap(options_.folder, kLog, of_log, "its second copy"); !done.ok()) return done;
  }
  if (journal_bad) return Swap(options_.journal_folder, kBlocks, of_journal, "the log");
  return absl::OkStatus();
}

absl::Status Copies::RebuildLog(const RocksDbLog* log) {
  const std::string folder = log_folder_ + ".rebuilt";
  if (absl::Status removed = RemoveFolder(*options_.files, folder); !removed.ok()) return removed;
  auto fresh = RocksDbLog::Open({.folder = folder, .create_if_missing = true, .env = options_.env, .sync = false});
  if (!fresh.ok()) return fresh.status();
  const auto append = [&](const StoredBlock& block) { return (*fresh)->Append(block); };
  if (auto read = Read(log, append); !read.ok()) return read.status();
  return (*fresh)->Settle();
}

absl::Status Copies::RebuildJournal(const RocksDbLog* log) {
  return BuildJournal(
      [&](const std::function<absl::Status(const StoredBlock&)>& write) { return Read(log, write).status(); });
}

absl::Status Copies::BuildJournal(const ReadAll& read_all) const {
  const std::string folder = blocks_folder_ + ".rebuilt";
  if (absl::Status removed = RemoveFolder(*options_.files, folder); !removed.ok()) return removed;
  if (absl::Status made = MakeFolders(*options_.files, folder); !made.ok()) return made;
  Journal fresh({.files = options_.files, .folder = folder, .store_id = options_.store_id});
  const absl::Status read = read_all([&](const StoredBlock& block) { return fresh.Write(block); });
  return read.ok() ? fresh.Sync() : read;
}

absl::Status Copies::Swap(const std::string& parent, const std::string& name, const CopySurvey& copy,
                          absl::string_view source) {
  const absl::StatusOr<std::string> aside = SwapIn(*options_.files, parent, name);
  if (!aside.ok()) return aside.status();
  const std::string lost = copy.lacks.empty() ? "" : absl::StrCat(" (it had lost ", PositionsOf(copy.lacks), ")");
  const std::string kept = aside->empty() ? "" : absl::StrCat(" What it was before is kept as ", *aside, ".");
  options_.on_repair(
      absl::StrCat(parent, "/", name, " was damaged", lost, " and was built again from ", source, ".", kept));
  return absl::OkStatus();
}

// What the journal holds is made durable, as a crash may have left it in the memory of the system only; then what only
// the log has.
absl::Status Copies::LevelJournal(const CopySurvey& of_journal, const LogEnd& end) {
  if (absl::Status made = MakeFolders(*options_.files, blocks_folder_); !made.ok()) return made;
  if (!last_segment_.empty() && !BURSAR_PLANTED(journal_tail_unsynced)) {
    if (absl::Status synced = SyncFile(*options_.files, last_segment_); !synced.ok()) return synced;
  }
  if (absl::Status synced = SyncFolder(*options_.files, blocks_folder_); !synced.ok()) return synced;
  if (of_journal.lacks.empty() || BURSAR_PLANTED(journal_not_levelled)) return absl::OkStatus();
  const auto blocks = OpenJournal();
  if (!blocks.ok()) return blocks.status();
  Journal journal({.files = options_.files,
                   .folder = blocks_folder_,
                   .store_id = options_.store_id,
                   .next_segment = (*blocks)->next_segment()});
  const Position from = of_journal.lacks[0].first;
  const absl::Status copied = reading_->Read(from, [&](const StoredBlock& block) { return journal.Write(block); });
  if (!copied.ok()) return copied;
  if (absl::Status synced = journal.Sync(); !synced.ok()) return synced;
  if (!IsCrashLeftover(of_journal, end)) {
    options_.on_repair(absl::StrCat("The second copy of the log, ", blocks_folder_, ", had lost ",
                                    PositionsOf(of_journal.lacks), ". They were written to it again from the log."));
  }
  return absl::OkStatus();
}

// RocksDB may find damage where it is to write that it did not see while it read; the journal is whole by then.
absl::StatusOr<std::unique_ptr<RocksDbLog>> Copies::OpenLog(const LogEnd& end) {
  for (const bool again : {false, true}) {
    auto opened = RocksDbLog::Open({.folder = log_folder_,
                                    .env = options_.env,
                                    .on_failure = options_.on_failure,
                                    .write_buffer_bytes = options_.write_buffer_bytes});
    absl::Status level = opened.ok() ? LevelLog(**opened, end) : opened.status();
    if (level.ok()) return opened;
    if (!absl::IsDataLoss(level) || again) return level;
    if (opened.ok()) opened->reset();
    if (absl::Status built = RebuildLog(nullptr); !built.ok()) return built;
    if (absl::Status done = Swap(options_.folder, kLog, {}, "its second copy"); !done.ok()) return done;
  }
  return absl::InternalError("The log cannot be opened.");
}

// A crash may have left the last block in the journal alone.
absl::Status Copies::LevelLog(RocksDbLog& log, const LogEnd& end) const {
  if (log.Last().position < end.position && !BURSAR_PLANTED(log_not_levelled)) {
    const auto blocks = OpenJournal();
    if (!blocks.ok()) return blocks.status();
    while (log.Last().position < end.position) {
      const auto block = (*blocks)->Find(log.Last().position + 1);
      if (!block.ok()) return block.status();
      if (!*block) break;
      if (absl::Status appended = log.Append(**block); !appended.ok()) return appended;
    }
  }
  if (log.Last().position == end.position && log.Last().hash == end.hash) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("The log in ", log_folder_, " ends at position ", log.Last().position,
                                          " where it was opened for writing, and at ", end.position,
                                          " where it was read."));
}

}  // namespace bursar

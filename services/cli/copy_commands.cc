// `bursar export`, `import`, `backup` and `restore`.
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/archive/backup.h"
#include "ledger/archive/files.h"
#include "ledger/archive/log_file.h"
#include "ledger/archive/restore.h"
#include "ledger/log/block.h"
#include "nlohmann/json.hpp"
#include "services/cli/commands.h"
#include "services/cli/new_store.h"
#include "services/cli/open_log.h"
#include "services/cli/progress.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kMostPosition = std::numeric_limits<int64_t>::max();

// "1 entry", "5 entries"
std::string Entries(uint64_t count) { return absl::StrCat(count, count == 1 ? " entry" : " entries"); }

ordered_json SummaryOf(const LogIdentity& identity, const LogEnd& end) {
  return {{"store_id", identity.store_id},
          {"epoch", identity.epoch},
          {"position", end.position},
          {"hash", HashText(end.hash)}};
}

std::string EndText(const LogEnd& end) {
  return absl::StrCat("position ", end.position, ", hash ", HashText(end.hash));
}

absl::StatusOr<Position> PositionOf(const Running& running, const std::string& flag) {
  const absl::StatusOr<int64_t> read = ReadWhole(running.Flag(flag), 1, kMostPosition);
  if (!read.ok()) return absl::InvalidArgumentError(absl::StrCat(flag, ": ", read.status().message()));
  return static_cast<Position>(*read);
}

// What comes before the block that holds the position. Without one, before everything.
absl::StatusOr<LogStart> StartBefore(LogSource& source, Position position) {
  Chain chain;
  LogStart start;
  const absl::Status read = source.Read(1, [&](const StoredBlock& block) -> absl::Status {
    if (block.last >= position) return absl::CancelledError();
    const auto checked = chain.Check(block);
    if (!checked.ok()) return checked.status();
    start = {.end = chain.end(), .time = chain.time()};
    return absl::OkStatus();
  });
  if (read.ok() || absl::IsCancelled(read)) return start;
  return read;
}

absl::StatusOr<LogFileSummary> Export(const Running& running, LogSource& source, Position from, WholeFile& file) {
  const absl::StatusOr<LogStart> start = StartBefore(source, from);
  if (!start.ok()) return start.status();
  LogFileWriter writer(source.identity(), *start, [&file](absl::string_view bytes) { return file.Write(bytes); });
  Progress progress("Exporting", running.world.err, running.world.err_is_terminal);
  Chain chain(start->end, start->time);
  const absl::Status read = source.Read(start->end.position + 1, [&](const StoredBlock& block) -> absl::Status {
    if (running.interrupted()) return absl::CancelledError("It was interrupted; nothing was written.");
    if (const auto checked = chain.Check(block); !checked.ok()) return checked.status();
    progress.Show(block.last, source.last(), running.world.now());
    return writer.Add(block);
  });
  progress.Finish();
  if (!read.ok()) return read;
  absl::StatusOr<LogFileSummary> summary = writer.Finish();
  if (!summary.ok()) return summary;
  if (absl::Status synced = file.Sync(); !synced.ok()) return synced;
  if (absl::Status published = file.Publish(); !published.ok()) return published;
  return summary;
}

AuditOptions Reading(const Running& running, Progress& progress, Position last) {
  return {.on_progress = [&running, &progress, last](Position done) { progress.Show(done, last, running.world.now()); },
          .interrupted = running.interrupted};
}

absl::StatusOr<RestorePoint> PointOf(const Running& running) {
  RestorePoint point;
  const std::string time = running.Flag("--time");
  if (!running.Flag("--position").empty()) {
    const auto position = PositionOf(running, "--position");
    if (!position.ok()) return position.status();
    point.position = *position;
  }
  if (time.empty()) return point;
  if (point.position) return absl::InvalidArgumentError("Write one of --position and --time.");
  const absl::StatusOr<absl::Time> read = ReadTime(time, running.world.now());
  if (!read.ok()) return absl::InvalidArgumentError(absl::StrCat("--time: ", read.status().message()));
  point.time = *read;
  return point;
}

}  // namespace

ExitCode RunExport(const Running& running) {
  const std::string path = running.Flag("--file");
  if (path.empty()) return running.Misuse("--file is missing: where the log is to be written.");
  Position from = 1;
  if (!running.Flag("--from-position").empty()) {
    const auto position = PositionOf(running, "--from-position");
    if (!position.ok()) return running.Fail(position.status());
    from = *position;
  }
  const auto source = OpenLogToRead(running);
  if (!source.ok()) return running.Fail(source.status());
  WholeFile file(path);
  const absl::StatusOr<LogFileSummary> summary = Export(running, **source, from, file);
  if (!summary.ok()) return running.Fail(summary.status());
  ordered_json json = SummaryOf((*source)->identity(), summary->end);
  json["file"] = path;
  json["blocks"] = summary->blocks;
  running.Say(absl::StrCat("Exported up to ", EndText(summary->end), ", to ", path, "."), json);
  return kDone;
}

ExitCode RunImport(const Running& running) {
  const std::string path = running.Flag("--file");
  const std::string folder = running.Flag("--to");
  if (path.empty() || folder.empty()) return running.Misuse("--file and --to are needed: which log, and which folder.");
  absl::StatusOr<LogFile> file = LogFile::Open(path);
  if (!file.ok()) return running.Fail(file.status());
  if (file->start().end.position != 0) {
    return running.Misuse(absl::StrCat(path, " is a part of a log, from position ", file->start().end.position + 1,
                                       " on; a ledger needs all of it."));
  }
  LogEnd end;
  const absl::Status made = MakeStoreOf(folder, file->identity(), [&](EventLog& log) -> absl::Status {
    Progress progress("Importing", running.world.err, running.world.err_is_terminal);
    const absl::StatusOr<LogEnd> copied = Copy(*file, Reading(running, progress, file->last()), log);
    progress.Finish();
    if (copied.ok()) end = *copied;
    return copied.status();
  });
  if (!made.ok()) return running.Fail(made);
  ordered_json json = SummaryOf(file->identity(), end);
  json["data_dir"] = folder;
  running.Say(absl::StrCat("Imported up to ", EndText(end), ", into ", folder, "."), json);
  return kDone;
}

ExitCode RunBackup(const Running& running) {
  const std::string folder = running.Flag("--to");
  if (folder.empty()) return running.Misuse("--to is missing: the folder of the backup.");
  const auto source = OpenLogToRead(running);
  if (!source.ok()) return running.Fail(source.status());
  Progress progress("Backing up", running.world.err, running.world.err_is_terminal);
  const absl::StatusOr<BackedUp> done =
      BackUp(**source, {.folder = folder,
                        .now = running.world.now(),
                        .on_progress = [&](Position at, Position all) { progress.Show(at, all, running.world.now()); },
                        .interrupted = running.interrupted});
  progress.Finish();
  if (!done.ok()) return running.Fail(done.status());
  ordered_json json = SummaryOf(done->manifest.identity, done->manifest.end);
  json["folder"] = folder;
  json["time"] = WriteTime(done->manifest.time);
  json["added_entries"] = done->entries;
  json["added_segments"] = done->segments;
  json["added_bytes"] = done->bytes;
  running.Say(absl::StrCat("Backed up to ", EndText(done->manifest.end), "; ", Entries(done->entries), " and ",
                           done->bytes, " bytes were new."),
              json);
  return kDone;
}

ExitCode RunRestore(const Running& running) {
  const std::string from = running.Flag("--from");
  const std::string folder = running.Flag("--to");
  if (from.empty() || folder.empty())
    return running.Misuse("--from and --to are needed: which backup, and which folder.");
  const absl::StatusOr<RestorePoint> point = PointOf(running);
  if (!point.ok()) return running.Fail(point.status());
  absl::StatusOr<BackupLog> backup = BackupLog::Open(from);
  if (!backup.ok()) return running.Fail(backup.status());
  Progress checking("Checking the backup", running.world.err, running.world.err_is_terminal);
  const auto plan = PlanRestore(*backup, *point, Reading(running, checking, backup->last()));
  checking.Finish();
  if (!plan.ok()) return running.Fail(plan.status());
  const LogIdentity identity{.store_id = backup->identity().store_id, .epoch = plan->epoch};
  LogEnd end;
  const absl::Status made = MakeStoreOf(folder, identity, [&](EventLog& log) -> absl::Status {
    Progress progress("Restoring", running.world.err, running.world.err_is_terminal);
    const auto restored = Restore(*backup, *plan, running.world.now(), Reading(running, progress, plan->position), log);
    progress.Finish();
    if (restored.ok()) end = *restored;
    return restored.status();
  });
  if (!made.ok()) return running.Fail(made);
  ordered_json json = SummaryOf(identity, end);
  json["data_dir"] = folder;
  json["restored_position"] = plan->position;
  json["backup_position"] = plan->backup.end.position;
  running.Say(absl::StrCat("Restored up to position ", plan->position, " of ", plan->backup.end.position, " into ",
                           folder, ". Epoch ", plan->epoch, " begins there with ", EndText(end), "."),
              json);
  return kDone;
}

}  // namespace bursar::cli

#include "ledger/archive/restore.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"
#include "ledger/base/principal.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

absl::StatusOr<Position> PositionOf(const RestorePoint& point, const Audited& backup, Position by_time) {
  if (point.position && (*point.position == 0 || *point.position > backup.end.position)) {
    return absl::OutOfRangeError(
        absl::StrCat("There is no entry ", *point.position, "; the last one is ", backup.end.position, "."));
  }
  if (point.time && by_time == 0) {
    return absl::OutOfRangeError("Nothing had been written by then; the ledger begins later.");
  }
  if (backup.end.position == 0) return absl::OutOfRangeError("There is no entry to restore.");
  return point.position ? *point.position : point.time ? by_time : backup.end.position;
}

StoredBlock RestoredEntry(const RestorePlan& plan, const LogEnd& end, int64_t commit_time, absl::Time now) {
  storage::v1::Block block;
  storage::v1::Entry& entry = *block.add_entries();
  entry.set_position(end.position + 1);
  entry.set_commit_time(commit_time);
  entry.set_principal(Principal::System().text());
  storage::v1::LedgerRestored& restored = *entry.add_events()->mutable_ledger_restored();
  restored.set_epoch(plan.epoch);
  restored.set_restored_position(end.position);
  restored.set_restored_hash(HashText(end.hash));
  restored.set_backup_position(plan.backup.end.position);
  restored.set_backup_hash(HashText(plan.backup.end.hash));
  restored.set_restore_time(absl::ToUnixMicros(now));
  return Seal(block, end);
}

// The entries up to the position, as a block of their own.
StoredBlock Cut(storage::v1::Block block, Position position, const LogEnd& end) {
  const auto kept = static_cast<int>(position - block.first_position() + 1);
  block.mutable_entries()->DeleteSubrange(kept, block.entries_size() - kept);
  return Seal(block, end);
}

}  // namespace

absl::StatusOr<RestorePlan> PlanRestore(LogSource& source, const RestorePoint& point, const AuditOptions& options) {
  if (source.start().end.position != 0) {
    return absl::InvalidArgumentError("It is a part of a log that does not begin with the first entry.");
  }
  Position by_time = 0;
  AuditOptions looking = options;
  looking.on_block = [&](const StoredBlock& /*block*/, const storage::v1::Block& decoded) {
    for (const storage::v1::Entry& entry : decoded.entries()) {
      if (point.time && absl::FromUnixMicros(entry.commit_time()) <= *point.time) by_time = entry.position();
    }
    return absl::OkStatus();
  };
  const absl::StatusOr<Audited> audited = AuditAll(source, looking);
  if (!audited.ok()) return audited.status();
  absl::StatusOr<Position> position = PositionOf(point, *audited, by_time);
  if (!position.ok()) return position.status();
  if (BURSAR_PLANTED(restore_one_short)) *position -= 1;
  const uint64_t before = std::max<uint64_t>({source.identity().epoch, audited->epoch, 1});
  return RestorePlan{
      .backup = *audited, .position = *position, .epoch = BURSAR_PLANTED(epoch_not_raised) ? before : before + 1};
}

absl::StatusOr<LogEnd> Restore(LogSource& source, const RestorePlan& plan, absl::Time now, const AuditOptions& options,
                               EventLog& log) {
  int64_t commit_time = 0;
  Audit audit;
  const absl::Status read = source.Read(1, [&](const StoredBlock& block) -> absl::Status {
    if (options.interrupted && options.interrupted()) return absl::CancelledError("It was interrupted.");
    const LogEnd end = log.Last();
    if (end.position == plan.position) return absl::OkStatus();
    absl::StatusOr<storage::v1::Block> decoded = audit.Take(block);
    if (!decoded.ok()) return decoded.status();
    const bool whole = block.last <= plan.position;
    const int last = static_cast<int>(std::min(block.last, plan.position) - block.first);
    commit_time = decoded->entries(last).commit_time();
    const absl::Status appended = log.Append(whole ? block : Cut(*std::move(decoded), plan.position, end));
    if (options.on_progress) options.on_progress(log.Last().position);
    return appended;
  });
  if (!read.ok()) return read;
  if (log.Last().position != plan.position) return absl::DataLossError("The source has changed while it was read.");
  if (absl::Status begun = log.Append(RestoredEntry(plan, log.Last(), commit_time, now)); !begun.ok()) return begun;
  return log.Last();
}

absl::StatusOr<LogEnd> Copy(LogSource& source, const AuditOptions& options, EventLog& log) {
  AuditOptions copying = options;
  copying.on_block = [&log](const StoredBlock& block, const storage::v1::Block& /*decoded*/) {
    return log.Append(block);
  };
  const absl::StatusOr<Audited> audited = AuditAll(source, copying);
  if (!audited.ok()) return audited.status();
  return log.Last();
}

}  // namespace bursar

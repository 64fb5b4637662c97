// `bursar verify`.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/backup.h"
#include "ledger/archive/files.h"
#include "ledger/archive/log_file.h"
#include "ledger/archive/proof.h"
#include "ledger/archive/signed_checkpoint.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/log/block.h"
#include "nlohmann/json.hpp"
#include "services/cli/commands.h"
#include "services/cli/open_log.h"
#include "services/cli/progress.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

using nlohmann::ordered_json;

template <class Source>
absl::StatusOr<std::unique_ptr<LogSource>> Owned(absl::StatusOr<Source> source) {
  if (!source.ok()) return source.status();
  return std::unique_ptr<LogSource>(std::make_unique<Source>(*std::move(source)));
}

absl::StatusOr<std::unique_ptr<LogSource>> SourceOf(const Running& running) {
  const std::string file = running.Flag("--file");
  const std::string backup = running.Flag("--backup");
  if (!file.empty() && !backup.empty()) return absl::InvalidArgumentError("Write one of --file and --backup.");
  if (!file.empty()) return Owned(LogFile::Open(file));
  if (!backup.empty()) return Owned(BackupLog::Open(backup));
  return OpenLogToRead(running);
}

// "1203:5fec..."
absl::StatusOr<std::optional<Receipt>> ReceiptOf(const Running& running) {
  const std::string text = running.Flag("--receipt");
  if (text.empty()) return std::optional<Receipt>();
  const size_t colon = text.find(':');
  Receipt receipt;
  const auto hash = colon == std::string::npos ? std::nullopt : HashOfText(absl::string_view(text).substr(colon + 1));
  if (!hash || !absl::SimpleAtoi(text.substr(0, colon), &receipt.position)) {
    return absl::InvalidArgumentError("--receipt has to be a position, a colon and 64 hex digits.");
  }
  receipt.hash = *hash;
  return std::optional<Receipt>(receipt);
}

absl::StatusOr<VerifyingKey> KeyOf(const Running& running) {
  const std::string path = running.Flag("--public-key");
  if (path.empty()) return absl::InvalidArgumentError("--public-key is missing: the key of who signed.");
  const absl::StatusOr<std::string> pem = ReadWholeFile(path);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<VerifyingKey> key = VerifyingKey::Read(*pem);
  if (key.ok()) return key;
  return absl::InvalidArgumentError(absl::StrCat(path, " cannot be used: ", key.status().message(), "."));
}

absl::StatusOr<std::optional<SignedCheckpoint>> SignedOf(const Running& running) {
  const std::string path = running.Flag("--signed");
  if (path.empty()) return std::optional<SignedCheckpoint>();
  const auto key = KeyOf(running);
  if (!key.ok()) return key.status();
  const auto text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  auto checkpoint = ReadSignedCheckpoint(*text, *key);
  if (checkpoint.ok()) return std::optional<SignedCheckpoint>(*std::move(checkpoint));
  return absl::DataLossError(absl::StrCat(path, " cannot be believed: ", checkpoint.status().message(), "."));
}

// Compares the checkpoints of a folder with the state that is replayed.
class Checkpoints {
 public:
  explicit Checkpoints(const std::string& data_folder) : folder_(absl::StrCat(data_folder, "/checkpoints")) {
    positions_ = CheckpointsIn(folder_);
    std::sort(positions_.begin(), positions_.end());
  }

  absl::Status Compare(const State& state, const LogEnd& end) {
    if (!std::binary_search(positions_.begin(), positions_.end(), end.position)) return absl::OkStatus();
    const absl::StatusOr<Checkpoint> checkpoint = ReadCheckpointAt(folder_, end);
    // One that another version wrote is of no use to anybody, and does no harm.
    if (absl::IsFailedPrecondition(checkpoint.status())) return absl::OkStatus();
    if (!checkpoint.ok()) {
      return absl::DataLossError(absl::StrCat("The checkpoint at position ", end.position,
                                              " is damaged: ", checkpoint.status().message(),
                                              " It may be deleted; the log is not affected."));
    }
    if (DigestOf(checkpoint->state) != DigestOf(state)) {
      return absl::DataLossError(absl::StrCat("The checkpoint at position ", end.position,
                                              " is not what the log's entries bring about. Delete it; the log is not "
                                              "affected."));
    }
    ++compared_;
    return absl::OkStatus();
  }

  uint64_t compared() const { return compared_; }

 private:
  const std::string folder_;
  std::vector<Position> positions_;
  uint64_t compared_ = 0;
};

ExitCode VerifyProof(const Running& running) {
  const auto key = KeyOf(running);
  if (!key.ok()) return running.Fail(key.status());
  const auto text = ReadWholeFile(running.Flag("--proof"));
  if (!text.ok()) return running.Fail(text.status());
  const absl::StatusOr<Proven> proven = CheckProof(*text, *key);
  if (!proven.ok()) return running.Fail(proven.status());
  const std::string written = WriteTime(absl::FromUnixMicros(proven->entry.commit_time()));
  const std::string signed_time = WriteTime(proven->checkpoint.sign_time);
  running.Say(absl::StrCat("Entry ", proven->entry.position(), ", written ", written, " by ", proven->entry.principal(),
                           ", stands in ledger ", proven->checkpoint.identity.store_id, ", as signed at ", signed_time,
                           " for position ", proven->checkpoint.end.position, ":\n", proven->entry.DebugString()),
              {{"entry", proven->entry.position()},
               {"commit_time", written},
               {"principal", proven->entry.principal()},
               {"store_id", proven->checkpoint.identity.store_id},
               {"sign_time", signed_time},
               {"text", proven->entry.ShortDebugString()}});
  return kDone;
}

struct Found {
  Audited log;
  uint64_t checkpoints = 0;
};

absl::StatusOr<Found> Verify(const Running& running, LogSource& source) {
  const auto receipt = ReceiptOf(running);
  if (!receipt.ok()) return receipt.status();
  const auto signature = SignedOf(running);
  if (!signature.ok()) return signature.status();
  std::optional<CheckedAgainst> against;
  if (signature->has_value()) against.emplace(**signature, source.identity());
  Checkpoints checkpoints(FolderRead(running));
  Progress progress("Verifying", running.world.err, running.world.err_is_terminal);
  const absl::StatusOr<Audited> audited = AuditAll(
      source, {.deep = !running.Flag("--deep").empty(),
               .on_state = [&](const State& state, const LogEnd& end) { return checkpoints.Compare(state, end); },
               .on_block =
                   [&](const StoredBlock& block, const storage::v1::Block& /*decoded*/) {
                     if (against) against->Add(block);
                     return absl::OkStatus();
                   },
               .on_progress = [&](Position done) { progress.Show(done, source.last(), running.world.now()); },
               .interrupted = running.interrupted});
  progress.Finish();
  if (!audited.ok()) return audited.status();
  if (against) {
    if (absl::Status held = against->Check(); !held.ok()) return held;
  }
  if (receipt->has_value()) {
    if (absl::Status held = CheckReceipt(source, **receipt); !held.ok()) return held;
  }
  return Found{.log = *audited, .checkpoints = checkpoints.compared()};
}

}  // namespace

ExitCode RunVerify(const Running& running) {
  if (!running.Flag("--proof").empty()) return VerifyProof(running);
  const auto source = SourceOf(running);
  if (!source.ok()) return running.Fail(source.status());
  const absl::Time start = running.world.now();
  const absl::StatusOr<Found> found = Verify(running, **source);
  if (!found.ok()) return running.Fail(found.status());
  const double seconds = std::max(absl::ToDoubleSeconds(running.world.now() - start), 1e-6);
  const Audited& log = found->log;
  const LogIdentity identity = (*source)->identity();
  running.Say(absl::StrFormat("The log is whole: %d entries in %d blocks up to position %d, hash %s. %d checkpoints "
                              "compared. %.2f s, %.0f entries/s.",
                              log.entries, log.blocks, log.end.position, HashText(log.end.hash), found->checkpoints,
                              seconds, static_cast<double>(log.entries) / seconds),
              {{"store_id", identity.store_id},
               {"epoch", identity.epoch},
               {"position", log.end.position},
               {"hash", HashText(log.end.hash)},
               {"entries", log.entries},
               {"blocks", log.blocks},
               {"checkpoints", found->checkpoints},
               {"seconds", seconds}});
  return kDone;
}

}  // namespace bursar::cli

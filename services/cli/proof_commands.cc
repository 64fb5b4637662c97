// `bursar checkpoint keygen`, `checkpoint sign` and `prove`.
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/files.h"
#include "ledger/archive/proof.h"
#include "ledger/archive/signed_checkpoint.h"
#include "ledger/archive/signing_key.h"
#include "ledger/log/block.h"
#include "nlohmann/json.hpp"
#include "services/cli/commands.h"
#include "services/cli/open_log.h"
#include "services/cli/progress.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

// A key that is lost cannot be made again.
absl::Status CheckNew(const std::string& path) {
  if (absl::IsNotFound(ReadWholeFile(path).status())) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(path, " exists already; name another file."));
}

template <class Key>
absl::StatusOr<Key> ReadKey(const std::string& path) {
  const absl::StatusOr<std::string> pem = ReadWholeFile(path);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<Key> key = Key::Read(*pem);
  if (key.ok()) return key;
  return absl::InvalidArgumentError(absl::StrCat(path, " cannot be used: ", key.status().message(), "."));
}

AuditOptions Reading(const Running& running, Progress& progress, Position last) {
  return {.on_progress = [&running, &progress, last](Position done) { progress.Show(done, last, running.world.now()); },
          .interrupted = running.interrupted};
}

// Of the whole log, which is checked on the way.
absl::StatusOr<SignedCheckpoint> CheckpointNow(const Running& running, LogSource& source) {
  std::vector<BlockHash> blocks;
  Progress progress("Reading the log", running.world.err, running.world.err_is_terminal);
  AuditOptions options = Reading(running, progress, source.last());
  options.on_block = [&blocks](const StoredBlock& block, const storage::v1::Block& /*decoded*/) {
    blocks.push_back(block.hash);
    return absl::OkStatus();
  };
  const absl::StatusOr<Audited> audited = AuditAll(source, options);
  progress.Finish();
  if (!audited.ok()) return audited.status();
  return CheckpointOf(source.identity(), audited->end, audited->time, blocks, running.world.now());
}

}  // namespace

ExitCode RunCheckpointKeygen(const Running& running) {
  const std::string path = running.Flag("--key");
  if (path.empty()) return running.Misuse("--key is missing: where the private key goes.");
  const std::string public_path =
      running.Flag("--public-key").empty() ? absl::StrCat(path, ".pub") : running.Flag("--public-key");
  for (const std::string& file : {path, public_path}) {
    if (absl::Status free = CheckNew(file); !free.ok()) return running.Fail(free);
  }
  const SigningKey key = SigningKey::Fresh();
  if (absl::Status written = WriteWholeFile(path, key.PrivatePem()); !written.ok()) return running.Fail(written);
  if (absl::Status written = WriteWholeFile(public_path, key.PublicPem()); !written.ok()) return running.Fail(written);
  running.Say(absl::StrCat("Wrote the private key to ", path, " and the public key to ", public_path, "."),
              {{"key", path}, {"public_key", public_path}});
  return kDone;
}

ExitCode RunCheckpointSign(const Running& running) {
  const std::string key_path = running.Flag("--key");
  const std::string path = running.Flag("--file");
  if (key_path.empty() || path.empty()) {
    return running.Misuse("--key and --file are needed: what to sign with, and where the checkpoint goes.");
  }
  const auto key = ReadKey<SigningKey>(key_path);
  if (!key.ok()) return running.Fail(key.status());
  const auto source = OpenLogToRead(running);
  if (!source.ok()) return running.Fail(source.status());
  const absl::StatusOr<SignedCheckpoint> checkpoint = CheckpointNow(running, **source);
  if (!checkpoint.ok()) return running.Fail(checkpoint.status());
  if (absl::Status written = WriteWholeFile(path, Sign(*checkpoint, *key)); !written.ok()) return running.Fail(written);
  running.Say(absl::StrCat("Signed position ", checkpoint->end.position, ", hash ", HashText(checkpoint->end.hash),
                           ", in ", path, "."),
              {{"store_id", checkpoint->identity.store_id},
               {"epoch", checkpoint->identity.epoch},
               {"position", checkpoint->end.position},
               {"hash", HashText(checkpoint->end.hash)},
               {"blocks", checkpoint->blocks},
               {"tree", HashText(checkpoint->tree)},
               {"file", path}});
  return kDone;
}

ExitCode RunProve(const Running& running) {
  const absl::StatusOr<int64_t> entry = ReadWhole(running.Flag("--entry"), 1, std::numeric_limits<int64_t>::max());
  if (!entry.ok()) return running.Misuse(absl::StrCat("--entry: ", entry.status().message()));
  const std::string path = running.Flag("--file");
  const std::string signed_path = running.Flag("--signed");
  const std::string key_path = running.Flag("--public-key");
  if (path.empty() || signed_path.empty() || key_path.empty()) {
    return running.Misuse(
        "--signed, --public-key and --file are needed: a signed checkpoint, the key of who signed it, "
        "and where the proof goes.");
  }
  const auto key = ReadKey<VerifyingKey>(key_path);
  if (!key.ok()) return running.Fail(key.status());
  const auto text = ReadWholeFile(signed_path);
  if (!text.ok()) return running.Fail(text.status());
  const auto checkpoint = ReadSignedCheckpoint(*text, *key);
  if (!checkpoint.ok()) {
    return running.Fail(
        absl::DataLossError(absl::StrCat(signed_path, " cannot be believed: ", checkpoint.status().message(), ".")));
  }
  const auto source = OpenLogToRead(running);
  if (!source.ok()) return running.Fail(source.status());
  Progress progress("Reading the log", running.world.err, running.world.err_is_terminal);
  const auto proof =
      FindProof(**source, static_cast<Position>(*entry), *checkpoint, Reading(running, progress, (*source)->last()));
  progress.Finish();
  if (!proof.ok()) return running.Fail(proof.status());
  if (absl::Status written = WriteWholeFile(path, WriteProof(*proof, *text)); !written.ok()) {
    return running.Fail(written);
  }
  running.Say(absl::StrCat("Wrote the proof of entry ", *entry, " to ", path, "."),
              {{"entry", *entry}, {"position", checkpoint->end.position}, {"file", path}});
  return kDone;
}

}  // namespace bursar::cli

#include "services/cli/commands.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/cli/error_text.h"
#include "services/cli/interrupt.h"
#include "services/cli/store.h"

namespace bursar::cli {
namespace {

constexpr char kSources[] =
    "The log is read from the folder of --data-dir while no server has it open, or from the running server of "
    "--server, "
    "as an operator (--as).";

ExitCode CodeOf(const absl::Status& error) {
  if (absl::IsCancelled(error)) return kInterrupted;
  if (absl::IsDataLoss(error)) return kDataDamaged;
  const bool misuse = absl::IsInvalidArgument(error) || absl::IsNotFound(error) || absl::IsAlreadyExists(error) ||
                      absl::IsOutOfRange(error);
  if (misuse) return kMisuse;
  if (absl::IsUnavailable(error) || absl::IsFailedPrecondition(error)) return kDataUnavailable;
  return absl::IsAborted(error) ? kNoAnswer : kRefused;
}

}  // namespace

std::string Running::Flag(const std::string& name) const {
  const auto found = flags.find(name);
  return found == flags.end() ? "" : found->second;
}

void Running::Say(const std::string& sentence, const nlohmann::ordered_json& summary) const {
  if (settings.Text("format") == "json") {
    world.out << summary.dump() << "\n";
  } else {
    world.out << sentence << "\n";
  }
}

ExitCode Running::Fail(const absl::Status& error) const {
  if (settings.Text("format") == "json") {
    world.err << ErrorAsJson(error, {});
  } else {
    world.err << ErrorForPeople(error, {});
  }
  return CodeOf(error);
}

ExitCode Running::Misuse(const std::string& sentence) const { return Fail(absl::InvalidArgumentError(sentence)); }

ExitCode RunCommand(const Command& command, const std::map<std::string, std::string>& flags, const Settings& settings,
                    const World& world) {
  const Interrupt interrupt;
  std::atomic<bool> asked = false;
  const OnInterrupt stopping(interrupt, [&asked] { asked = true; });
  return command.run(
      {.flags = flags, .settings = settings, .world = world, .interrupted = [&asked] { return asked.load(); }});
}

const std::vector<Command>& Commands() {
  static const auto* const commands = new std::vector<Command>{
      {.name = "export",
       .about = "Write the log into a file that needs no database to be read",
       .text = absl::StrCat("Writes the log, block by block as it is stored, into a file with checksums, whose format "
                            "is documented and kept (docs/log-format.md). The file is there whole or not at all.\n",
                            kSources),
       .flags = {{"--file", "FILE", "Where to."},
                 {"--from-position", "POSITION", "Only from the block that holds this entry on; all if left out."}},
       .example = "export --data-dir ./ledger --file ledger.bursarlog",
       .run = RunExport},
      {.name = "import",
       .about = "Make a ledger of an exported log",
       .text =
           "Makes a new data folder of a file that `bursar export` wrote: the same log, block by block, of the same "
           "ledger. All of the file is checked on the way; the folder is there whole or "
           "not at all. To go back to an older state of a ledger, use `bursar restore`, which lets clients know.",
       .flags = {{"--file", "FILE", "The exported log."}, {"--to", "DIR", "The data folder to make."}},
       .example = "import --file ledger.bursarlog --to ./copy",
       .run = RunImport},
      {.name = "backup",
       .about = "Back a ledger up, or add what is new to its backup",
       .text = absl::StrCat("Adds what the ledger holds beyond the backup in the folder, which is made where it is "
                            "missing. What is written is synced, read back from the disk and checked before it counts. "
                            "It may be interrupted at any time, and goes on there the next time.\n",
                            kSources),
       .flags = {{"--to", "DIR", "Folder of the backup."}},
       .example = "backup --to /backups/ledger --as operator-olga",
       .run = RunBackup},
      {.name = "restore",
       .about = "Make a ledger of a backup, as it was at its end, a position or a time",
       .text = "Makes a new data folder of a backup. All of the backup is read and checked before anything is made; "
               "damage is named by its segment. The restored ledger begins a new epoch, with an entry that says so: "
               "clients that keep receipts notice that entries may be gone. link.key is not part of a backup: copy it "
               "into the folder beforehand or mailed links of before will not work.",
       .flags = {{"--from", "DIR", "Folder of the backup."},
                 {"--to", "DIR", "The data folder to make."},
                 {"--position", "POSITION", "Up to and with this entry."},
                 {"--time", "TIME", "Up to and with the last entry written by then."}},
       .example = "restore --from /backups/ledger --to ./ledger --time 2026-01-31T12:00:00Z",
       .run = RunRestore},
      {.name = "verify",
       .about = "Check a log: its hashes, entries, postings, and what was signed or told of it",
       .text = absl::StrCat(
           "Reads a whole log and checks hashes, chain, positions, times, that every fact is known, and that postings "
           "add up to zero; says where the first damage is. Changes nothing.\n",
           kSources,
           " With --file or --backup it is read from there instead, and with --proof nothing is needed but the proof."),
       .flags = {{"--file", "FILE", "An exported log."},
                 {"--backup", "DIR", "A backup."},
                 {"--deep", "", "Also replay the state, and compare it with the checkpoints of the data folder."},
                 {"--receipt", "POSITION:HASH", "Also check that the log has this hash at this position."},
                 {"--signed", "FILE", "Also hold the log against this signed checkpoint; needs --public-key."},
                 {"--proof", "FILE", "Check this proof of an entry, and nothing else; needs --public-key."},
                 {"--public-key", "FILE", "Of who signed."}},
       .example = "verify --data-dir ./ledger --deep",
       .run = RunVerify},
      {.name = "checkpoint keygen",
       .about = "Make a pair of keys for signing",
       .text =
           "Makes a pair of Ed25519 keys, in PEM as OpenSSL reads it. Keep the private one where the ledger's keeper "
           "is trusted to sign; publish the other.",
       .flags = {{"--key", "FILE", "Where the private key goes."},
                 {"--public-key", "FILE", "Where the public key goes; the private one's name and .pub if left out."}},
       .example = "checkpoint keygen --key signing.pem",
       .run = RunCheckpointKeygen},
      {.name = "checkpoint sign",
       .about = "Sign what the log is now, to be published",
       .text = absl::StrCat("Reads and checks the whole log, then signs its position, hash, time and the tree over its "
                            "blocks. Published where nobody can take it back, it shows later that the log still is the "
                            "one it was (`verify --signed`), and what stands in it (`prove`).\n",
                            kSources),
       .flags = {{"--key", "FILE", "The private key."}, {"--file", "FILE", "Where the signed checkpoint goes."}},
       .example = "checkpoint sign --key signing.pem --file ledger.checkpoint --data-dir ./ledger",
       .run = RunCheckpointSign},
      {.name = "prove",
       .about = "Prove to somebody else that an entry stands in the log",
       .text = absl::StrCat("Writes a proof that needs the signer's public key alone to be checked (`verify --proof`). "
                            "It shows the entry, and those that became durable in the same moment.\n",
                            kSources),
       .flags = {{"--entry", "POSITION", "Which."},
                 {"--signed", "FILE", "A signed checkpoint from after the entry."},
                 {"--public-key", "FILE", "Of who signed it."},
                 {"--file", "FILE", "Where the proof goes."}},
       .example = "prove --entry 42 --signed ledger.checkpoint --public-key signing.pem.pub --file 42.proof",
       .run = RunProve},
  };
  return *commands;
}

}  // namespace bursar::cli

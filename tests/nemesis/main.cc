// bursar_nemesis: the real server, many clients, and everything that may befall one machine; then the evidence is
// judged.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/nemesis/trial.h"

namespace bursar::nemesis {
namespace {

constexpr int kMisuse = 64;
// Of one finding; the history in the folder has all of it.
constexpr size_t kMostShown = 1'000;

struct Flags {
  int64_t kills = 100;
  int clients = 8;
  uint64_t seed = static_cast<uint64_t>(absl::ToUnixMicros(absl::Now()));
  std::string server;
  std::string bad_disk = BURSAR_BAD_DISK;
  std::string faults = "recovery,pause,slow,sync,second,full,damage,old";
  int kills_per_trial = 25;
  int64_t seconds = 0;
};

class Run {
 public:
  explicit Run(const Flags& flags) : flags_(flags) {}

  // The exit code.
  int All(const Faults& faults) {
    const bool may_mount = faults.count(Fault::kFullDisk) > 0 && MayMount();
    if (faults.count(Fault::kFullDisk) > 0 && !may_mount)
      std::puts("Full disks are left out: mounting is not permitted.");
    if (flags_.bad_disk.empty()) std::puts("Slow and failing syncs are left out: there is no library for them.");
    const absl::Time deadline =
        flags_.seconds == 0 ? absl::InfiniteFuture() : absl::Now() + absl::Seconds(flags_.seconds);
    bool sound = true;
    for (uint64_t trial = 0; sound && counts_["kills"] < flags_.kills && absl::Now() < deadline; ++trial) {
      sound =
          One({.server = flags_.server,
               .bad_disk = flags_.bad_disk,
               .folder = NewFolder(),
               .seed = flags_.seed + trial,
               .clients = flags_.clients,
               .kills = static_cast<int>(std::min<int64_t>(flags_.kills_per_trial, flags_.kills - counts_["kills"])),
               .faults = faults,
               .may_mount = may_mount,
               .deadline = deadline});
    }
    Table(sound);
    return sound ? 0 : 1;
  }

 private:
  static std::string NewFolder() {
    std::string name = std::filesystem::temp_directory_path().string() + "/bursar-nemesis-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::perror(name.c_str());
    return name;
  }

  // False where something was found, which is told and kept.
  bool One(TrialOptions options) {
    options.on_kill = [&] {
      ++shown_kills_;
      if (isatty(STDERR_FILENO) == 1) {
        absl::FPrintF(stderr, "\r%d of %d kills, trial %d", shown_kills_, flags_.kills, trials_ + 1);
      }
    };
    const TrialReport report = RunTrial(options);
    ++trials_;
    for (const auto& [what, count] : report.counts) counts_[what] += count;
    if (report.findings.empty()) {
      std::filesystem::remove_all(options.folder);
      return true;
    }
    for (size_t i = 0; i < report.findings.size() && i < 20; ++i)
      absl::PrintF("VIOLATION: %s\n", report.findings[i].substr(0, kMostShown));
    absl::PrintF("%d findings. Folder, history and what the server said are kept in %s\n", report.findings.size(),
                 options.folder);
    absl::PrintF("REPRO: bursar_nemesis --seed=%d --kills=%d --clients=%d --faults=%s --server=%s\n", options.seed,
                 options.kills, options.clients, flags_.faults, flags_.server);
    return false;
  }

  void Table(bool sound) {
    if (isatty(STDERR_FILENO) == 1) std::fputs("\r\n", stderr);
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start_);
    absl::PrintF("%-28s %12d\n", "trials", trials_);
    for (const auto& [what, count] : counts_) absl::PrintF("%-28s %12d\n", what, count);
    absl::PrintF("%-28s %12.1f\n", "seconds", seconds);
    absl::PrintF("%-28s %12.1f\n", "kills per second", static_cast<double>(counts_["kills"]) / seconds);
    absl::PrintF("%-28s %12s\n", "history violations", sound ? "0" : "found");
    std::fflush(stdout);
  }

  const Flags& flags_;
  const absl::Time start_ = absl::Now();
  std::map<std::string, int64_t> counts_;
  int64_t shown_kills_ = 0;
  int trials_ = 0;
};

int Main(int argc, char** argv) {
  CLI::App app("Kills, stops and starves the real server under load, and judges the history of every call.");
  Flags flags;
  app.add_option("--kills", flags.kills, "SIGKILLs in all")->check(CLI::PositiveNumber);
  app.add_option("--clients", flags.clients, "threads that ask at the same time, 1 to 64")->check(CLI::Range(1, 64));
  app.add_option("--seed", flags.seed, "what is drawn by chance; times remain those of the machine");
  app.add_option("--server", flags.server, "the program bursar")->required()->check(CLI::ExistingFile);
  app.add_option("--bad-disk", flags.bad_disk, "the library that makes its disk bad; empty for none");
  app.add_option("--faults", flags.faults, "recovery, pause, slow, sync, second, full, damage, old, with commas");
  app.add_option("--kills-per-trial", flags.kills_per_trial, "on one folder")->check(CLI::PositiveNumber);
  app.add_option("--seconds", flags.seconds, "stop after so long; 0: after the kills")->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kMisuse;
  }
  const auto faults = ParseFaults(flags.faults);
  if (!faults.has_value()) {
    std::fputs("--faults: names with commas between them; see --help\n", stderr);
    return kMisuse;
  }
  return Run(flags).All(*faults);
}

}  // namespace
}  // namespace bursar::nemesis

int main(int argc, char** argv) { return bursar::nemesis::Main(argc, argv); }

// bursar_sim: a deterministic simulation of Bursar and of everything that can happen to it.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/laws/dice.h"
#include "tests/sim/run.h"

namespace bursar::sim {
namespace {

constexpr int kBroken = 1;
constexpr int kMisuse = 64;
constexpr size_t kStepsPerWorld = 1'500;
// With so many steps every case is come across.
constexpr uint64_t kEnoughForAll = 1'000'000;
constexpr absl::Duration kShrinkFor = absl::Seconds(60);

struct Settings {
  uint64_t seed = 1;
  uint64_t steps = 1'000'000;
  double seconds = 0;
  std::string trace;
  std::string out = ".";
  std::optional<uint64_t> world;
  bool shrinks = true;
  bool shows = false;
  bool asks_oracle = false;
  // The world ends the process that runs it.
  bool elsewhere = false;
};

// The world at hand, for where the ledger ends the process.
Settings settings;
Trace current;
uint64_t current_world = 0;
std::string program;

std::string TraceFile() { return absl::StrCat(settings.out, "/sim-", settings.seed, "-", current_world, ".trace"); }

void SayRepro(const std::string& trace_file) {
  if (settings.trace.empty()) {
    std::cout << "REPRO: bursar_sim --seed=" << settings.seed << " --world=" << current_world << "\n";
  }
  std::cout << "REPRO: bursar_sim --trace=" << trace_file << std::endl;
}

// Runs the trace in a process of its own, since it may end it; whether it fails.
bool FailsElsewhere(const Trace& trace, const std::string& file) {
  if (!trace.Write(file, "a candidate").ok()) return false;
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr) {
      _exit(0);
    }
    const std::string argument = absl::StrCat("--trace=", file);
    execl(program.c_str(), program.c_str(), argument.c_str(), "--no-shrink", nullptr);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

void ShrinkAndSay(const Trace& trace, const std::string& broken, bool ended_process) {
  const std::string file = TraceFile();
  Trace small = trace;
  if (settings.shrinks) {
    const std::string candidate = absl::StrCat(file, ".candidate");
    const auto fails = [&](const Trace& one) {
      Seen unused;
      unused.asks_oracle = settings.asks_oracle;
      return ended_process ? FailsElsewhere(one, candidate) : !RunTrace(one, unused).broken.empty();
    };
    small = Shrink(trace, fails, absl::Now() + kShrinkFor);
    std::remove(candidate.c_str());
    std::cout << "Of " << trace.steps.size() << " steps " << small.steps.size() << " are needed." << std::endl;
  }
  const absl::Status written = small.Write(file, broken);
  if (!written.ok()) std::cout << written.message() << std::endl;
  SayRepro(file);
}

// Little can be done in a process that is broken: another one makes the trace small.
std::string again[3];

void OnAbort(int signal) {
  std::signal(signal, SIG_DFL);
  if (!settings.trace.empty()) _exit(kBroken);
  execl(program.c_str(), program.c_str(), again[0].c_str(), again[1].c_str(), again[2].c_str(), "--elsewhere",
        settings.shrinks ? nullptr : "--no-shrink", nullptr);
  _exit(kBroken);
}

void PrepareForTheWorst() {
  again[0] = absl::StrCat("--seed=", settings.seed);
  again[1] = absl::StrCat("--world=", current_world);
  again[2] = absl::StrCat("--out=", settings.out);
}

int ReplayTrace() {
  absl::StatusOr<Trace> trace = Trace::Read(settings.trace);
  if (!trace.ok()) {
    std::cerr << trace.status().message() << "\n";
    return kMisuse;
  }
  current = *trace;
  Seen seen;
  seen.asks_oracle = settings.asks_oracle;
  if (settings.shows) seen.watcher = [](const std::string& line) { std::cout << line << "\n"; };
  const Outcome outcome = RunTrace(*trace, seen);
  std::cout << outcome.steps << " steps, digest " << outcome.digest << "\n";
  if (outcome.broken.empty()) return 0;
  std::cout << "BROKEN: " << outcome.broken << "\n";
  return kBroken;
}

void SayProgress(uint64_t steps, absl::Duration took) {
  if (isatty(STDOUT_FILENO) == 0) return;
  std::cout << "\r" << steps << " steps, " << static_cast<int64_t>(steps / absl::ToDoubleSeconds(took)) << "/s   "
            << std::flush;
}

int SaySummary(const Seen& seen, uint64_t worlds, uint64_t steps, absl::Duration took) {
  std::cout << "\nseed " << settings.seed << ": " << worlds << " worlds, " << steps << " steps in "
            << absl::FormatDuration(absl::Trunc(took, absl::Milliseconds(1))) << ", "
            << static_cast<int64_t>(steps / absl::ToDoubleSeconds(took)) << " a second; 0 violations\n";
  for (size_t i = 0; i < kCases; ++i) {
    const auto one = static_cast<Case>(i);
    std::printf("%12lld  %s\n", static_cast<long long>(seen.sometimes.count(one)), NameOf(one));
  }
  std::fflush(stdout);
  std::vector<std::string> missing = seen.sometimes.Missing();
  std::cout << "Of the " << seen.sightings.counts().size() << " sightings of the laws "
            << seen.sightings.Missing().size() << " never happened.\n";
  if (missing.empty() || steps < kEnoughForAll) return 0;
  std::cout << "BROKEN: the simulation no longer comes across: " << absl::StrJoin(missing, ", ") << "\n";
  return kBroken;
}

int RunWorlds() {
  Seen seen;
  seen.asks_oracle = settings.asks_oracle;
  const absl::Time start = absl::Now();
  uint64_t steps = 0;
  uint64_t worlds = 0;
  laws::Dice seeds(settings.seed);
  const uint64_t first = seeds.Next();
  for (current_world = settings.world.value_or(0); steps < settings.steps; ++current_world) {
    current = Trace::OfSeed(first + current_world, kStepsPerWorld);
    PrepareForTheWorst();
    if (settings.elsewhere) {
      std::cout << "BROKEN in world " << current_world << ": a check has ended the process." << std::endl;
      ShrinkAndSay(current, "A check ended the process.", /*ended_process=*/true);
      return kBroken;
    }
    const Outcome outcome = RunTrace(current, seen);
    if (!outcome.broken.empty()) {
      std::cout << "\nBROKEN in world " << current_world << " at step " << outcome.steps << ": " << outcome.broken
                << std::endl;
      if (outcome.steps < current.steps.size()) current.steps.resize(outcome.steps);
      ShrinkAndSay(current, outcome.broken, /*ended_process=*/false);
      return kBroken;
    }
    steps += outcome.steps;
    ++worlds;
    if (worlds % 16 == 0) SayProgress(steps, absl::Now() - start);
    if (settings.world || (settings.seconds > 0 && absl::Now() - start > absl::Seconds(settings.seconds))) break;
  }
  return SaySummary(seen, worlds, steps, absl::Now() - start);
}

int Main(int argc, char** argv) {
  program = argv[0];
  CLI::App app{"Simulates Bursar: one thread, one seed, every fault; exits 1 where something was broken."};
  app.add_option("--seed", settings.seed, "The worlds that are run follow from it");
  app.add_option("--steps", settings.steps, "About so many steps in all");
  app.add_option("--seconds", settings.seconds, "At most so long; 0: no bound");
  app.add_option("--world", settings.world, "Only this one of the seed's worlds");
  app.add_option("--trace", settings.trace, "Only this trace");
  app.add_flag("--oracle", settings.asks_oracle, "Hold every answer against the oracle too");
  app.add_flag("--show", settings.shows, "Of a trace: show everything that is asked and answered");
  app.add_option("--out", settings.out, "Where the trace of a failure goes");
  app.add_flag("!--no-shrink", settings.shrinks, "Leave the trace of a failure as long as it is");
  app.add_flag("--elsewhere", settings.elsewhere, "For a world that ends its process: only make its trace small");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kMisuse;
  }
  std::signal(SIGABRT, OnAbort);
  std::signal(SIGSEGV, OnAbort);
  return settings.trace.empty() ? RunWorlds() : ReplayTrace();
}

}  // namespace
}  // namespace bursar::sim

int main(int argc, char** argv) { return bursar::sim::Main(argc, argv); }

#include "bench/growth/measure.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/growth/filling.h"
#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/engine/state_at.h"
#include "ledger/log/rocksdb_log.h"

namespace bursar::growth {
namespace {

constexpr int kDecisions = 200'000;

// What the process holds of main memory, when it has given back what it does not need.
int64_t ResidentBytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  int64_t all = 0;
  int64_t resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

template <class Work>
absl::Duration Timed(Work work) {
  const absl::Time start = absl::Now();
  work();
  return absl::Now() - start;
}

// What this thread alone spent, so that a busy machine does not count; nor does waiting for the disk.
absl::Duration OwnTime() {
  timespec time = {};
  BURSAR_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return absl::DurationFromTimespec(time);
}

template <class Work>
absl::Duration Spent(Work work) {
  const absl::Duration start = OwnTime();
  work();
  return OwnTime() - start;
}

template <class MakeCommand>
absl::Duration DecisionTime(const State& state, int64_t people, MakeCommand make) {
  const Principal portal{.role = Role::kService, .name = "portal"};
  std::mt19937_64 random(17);
  std::vector<Command> commands;
  commands.reserve(kDecisions);
  for (int i = 0; i < kDecisions; ++i) {
    commands.push_back(make(GatedAction{.action = kAction,
                                        .user = NthUser(static_cast<int64_t>(random() % people)),
                                        .cost = Money::Micros(1'000'000)}));
  }
  const absl::Duration time = Spent([&] {
    for (const Command& command : commands) BURSAR_CHECK(Decide(state, command, portal, state.time).ok());
  });
  return time / kDecisions;
}

}  // namespace

Figures Measure(int64_t accounts, const std::string& folder, bool copy) {
  std::filesystem::remove_all(folder);
  Figures figures{.accounts = accounts};
  const auto log = RocksDbLog::Open({.folder = folder + "/log", .create_if_missing = true});
  BURSAR_CHECK(log.ok());
  const absl::Duration filled = Timed([&] { figures.entries = Fill(**log, accounts); });
  std::fprintf(stderr, "%ld accounts: %lu entries written in %.0f s\n", static_cast<long>(accounts),
               static_cast<unsigned long>(figures.entries), absl::ToDoubleSeconds(filled));

  const int64_t before = ResidentBytes();
  auto state = std::make_unique<absl::StatusOr<State>>();
  figures.replay = Spent([&] { *state = StateAt(**log, "", figures.entries); });
  BURSAR_CHECK(state->ok());
  figures.state_bytes = ResidentBytes() - before;
  figures.accounts = static_cast<int64_t>((*state)->accounts.size());

  const auto people = static_cast<int64_t>((*state)->users.size());
  figures.check = DecisionTime(**state, people, [](GatedAction action) { return Check{.action = std::move(action)}; });
  figures.place_hold =
      DecisionTime(**state, people, [](GatedAction action) { return PlaceHold{.action = std::move(action)}; });
  if (copy) {
    std::unique_ptr<State> second;
    figures.copy = Spent([&] { second = std::make_unique<State>(**state); });
  }

  const std::string checkpoints = folder + "/checkpoints";
  figures.checkpoint_write = Timed([&] { BURSAR_CHECK(WriteCheckpoint(checkpoints, **state, (*log)->Last()).ok()); });
  figures.checkpoint_bytes =
      static_cast<int64_t>(std::filesystem::file_size(absl::StrCat(checkpoints, "/", figures.entries, ".ckpt")));
  state.reset();
  ResidentBytes();
  Checkpoint loaded;
  figures.load = Spent([&] { loaded = NearestCheckpoint(**log, checkpoints, figures.entries, nullptr); });
  BURSAR_CHECK(loaded.end.position == figures.entries);
  std::filesystem::remove_all(checkpoints);
  return figures;
}

}  // namespace bursar::growth

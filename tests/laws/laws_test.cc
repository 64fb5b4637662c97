// The laws of Bursar hold after every step of a random workload of more than a million commands.
//
// It is the same every time. To look for more, or to see one failure again:
//   BURSAR_LAWS_SEED=<n>      another seed than the usual ones
//   BURSAR_LAWS_WORLD=<n>     only this one of the seed's worlds
//   BURSAR_LAWS_COMMANDS=<n>  about so many commands for each seed (sanitized builds do a quarter unless told)
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "ledger/domain/canonical.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "tests/laws/laws.h"
#include "tests/laws/workload.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BURSAR_LAWS_SANITIZED
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace bursar::laws {
namespace {

// With so many commands the workload comes across all sightings.
constexpr int64_t kFewestToSeeAll = 65'536;

#if defined(BURSAR_LAWS_SANITIZED)
constexpr int64_t kCommandsPerSeed = kFewestToSeeAll;
#else
constexpr int64_t kCommandsPerSeed = 262'144;
#endif
constexpr int64_t kCommandsPerWorld = 1'024;
constexpr int64_t kUsualSeeds[] = {1, 2, 3, 4};

// One in so many is decided twice; one in so many that changed nothing is compared byte for byte.
constexpr int64_t kDecideTwice = 32;
constexpr int64_t kCompareBytes = 128;
constexpr int64_t kCheckEverything = 256;

std::optional<int64_t> FromEnvironment(const char* name) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

std::vector<int64_t> Seeds() {
  if (const auto seed = FromEnvironment("BURSAR_LAWS_SEED")) return {*seed};
  return {std::begin(kUsualSeeds), std::end(kUsualSeeds)};
}

// How to see the present world again; also said where the ledger ends the process.
std::string repro;
void SayRepro() { std::fprintf(stderr, "%s\n", repro.c_str()); }
void OnSignal(int number) {
  SayRepro();
  std::signal(number, SIG_DFL);
}
void SayReproAtDeath() {
  std::signal(SIGABRT, OnSignal);
#if defined(BURSAR_LAWS_SANITIZED)
  // The sanitizer says first what is wrong.
  __sanitizer_set_death_callback(SayRepro);
#else
  std::signal(SIGSEGV, OnSignal);
#endif
}

// A ledger of its own, with its own people and its own chance.
class World {
 public:
  World(uint64_t seed, Sightings& sightings) : laws_(state_, sightings), workload_(seed, laws_.model()), dice_(~seed) {}

  // The first law that is broken; empty where all hold.
  std::string Run(int64_t commands) {
    while (steps_ < commands && laws_.broken().empty()) {
      now_ = workload_.Later(now_, absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))));
      LetTimePass();
      if (!laws_.broken().empty()) break;
      const Asked asked = workload_.Next(now_);
      Give(asked.command, asked.principal);
      if (steps_ % kCheckEverything == 0) laws_.CheckEverything();
    }
    if (laws_.broken().empty()) laws_.CheckEverything();
    if (!laws_.broken().empty()) return laws_.broken();
    if (Replayed().Canonical() != state_.Canonical()) return "replay of the log gives another state";
    return ReadBack().Canonical() == state_.Canonical() ? "" : "the state's bytes give another state";
  }

  int64_t steps() const { return steps_; }

 private:
  // As the writer does it, before anything else is decided at this time.
  void LetTimePass() {
    while (absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))) <= now_) {
      const size_t before = log_.size();
      Give(ExpireDue{}, Principal::System());
      if (log_.size() == before || !laws_.broken().empty()) return;
    }
  }

  void Give(const Command& command, const Principal& principal) {
    ++steps_;
    const std::string before = dice_.OneIn(kCompareBytes) ? state_.Canonical() : "";
    absl::StatusOr<Decision> decision = Decide(state_, command, principal, absl::FromUnixMicros(now_));
    if (dice_.OneIn(kDecideTwice)) CheckSame(decision, command, principal);
    if (!decision.ok()) {
      laws_.Refused(command, principal, now_, decision.status());
    } else if (decision->events.empty() || !decision->written) {
      laws_.NothingToWrite(command, principal, now_, *decision);
    } else {
      return Write(command, principal, *std::move(decision));
    }
    if (before.empty()) return;
    EXPECT_EQ(before, state_.Canonical()) << repro;
  }

  void Write(const Command& command, const Principal& principal, Decision decision) {
    storage::v1::Entry entry;
    entry.set_position(state_.position + 1);
    entry.set_commit_time(now_);
    entry.set_principal(principal.text());
    for (storage::v1::Event& event : decision.events) *entry.add_events() = std::move(event);
    log_.push_back(entry.SerializeAsString());
    Evolve(state_, entry);
    laws_.Written(command, principal, entry);
  }

  void CheckSame(const absl::StatusOr<Decision>& first, const Command& command, const Principal& principal) {
    const absl::StatusOr<Decision> second = Decide(state_, command, principal, absl::FromUnixMicros(now_));
    ASSERT_EQ(first.status(), second.status()) << repro;
    if (!first.ok()) return;
    EXPECT_EQ(first->repeats, second->repeats) << repro;
    EXPECT_EQ(first->written, second->written) << repro;
    ASSERT_EQ(first->events.size(), second->events.size()) << repro;
    for (size_t i = 0; i < first->events.size(); ++i) {
      EXPECT_EQ(first->events[i].SerializeAsString(), second->events[i].SerializeAsString()) << repro;
    }
  }

  State Replayed() const {
    State state;
    for (const std::string& bytes : log_) {
      storage::v1::Entry entry;
      EXPECT_TRUE(entry.ParseFromString(bytes)) << repro;
      Evolve(state, entry);
    }
    return state;
  }

  State ReadBack() const {
    std::string bytes;
    EXPECT_TRUE(WriteState(state_, [&](absl::string_view piece) {
                  bytes.append(piece.data(), piece.size());
                  return absl::OkStatus();
                }).ok());
    absl::StatusOr<State> state = ReadState(bytes);
    EXPECT_TRUE(state.ok()) << state.status() << "\n" << repro;
    return state.ok() ? *std::move(state) : State();
  }

  State state_;
  Laws laws_;
  Workload workload_;
  Dice dice_;
  std::vector<std::string> log_;
  int64_t now_ = 1'000'000;
  int64_t steps_ = 0;
};

class TheLaws : public testing::TestWithParam<int64_t> {};

TEST_P(TheLaws, HoldAfterEveryStep) {
  const int64_t seed = GetParam();
  const int64_t commands = FromEnvironment("BURSAR_LAWS_COMMANDS").value_or(kCommandsPerSeed);
  const auto only = FromEnvironment("BURSAR_LAWS_WORLD");
  std::cout << "BURSAR_LAWS_SEED=" << seed << ", about " << commands << " commands\n";
  SayReproAtDeath();

  Sightings sightings;
  int64_t steps = 0;
  const int64_t worlds = (commands + kCommandsPerWorld - 1) / kCommandsPerWorld;
  for (int64_t number = only.value_or(0); number < (only ? *only + 1 : worlds); ++number) {
    repro = absl::StrCat("REPRO: BURSAR_LAWS_SEED=", seed, " BURSAR_LAWS_WORLD=", number, " bursar_laws_test");
    World world(Dice(Dice(static_cast<uint64_t>(seed)).Next() + static_cast<uint64_t>(number)).Next(), sightings);
    const std::string broken = world.Run(kCommandsPerWorld);
    ASSERT_EQ(broken, "") << repro << " (step " << world.steps() << ")";
    if (HasFailure()) return;
    steps += world.steps();
  }
  for (const auto& [what, count] : sightings.counts()) std::cout << absl::StrCat("  ", count, " times ", what, "\n");
  std::cout << steps << " commands\n";
  if (only.has_value() || commands < kFewestToSeeAll) return;
  EXPECT_EQ(absl::StrJoin(sightings.Missing(), ", "), "") << "The workload no longer comes across these.";
}

INSTANTIATE_TEST_SUITE_P(Seeds, TheLaws, testing::ValuesIn(Seeds()), testing::PrintToStringParamName());

}  // namespace
}  // namespace bursar::laws

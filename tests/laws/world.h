// A log that a small, busy world has filled, for whoever needs one with all kinds of facts in it.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "tests/laws/dice.h"
#include "tests/laws/laws.h"
#include "tests/laws/workload.h"

namespace bursar {

// A small, busy world and its log, in blocks of a few entries. Goes on where it stopped.
class World {
 public:
  explicit World(uint64_t seed, int commands = 600)
      : dice_(seed), laws_(state_, sightings_), workload_(seed, laws_.model()) {
    Run(commands);
  }

  void Run(int commands) {
    for (int i = 0; i < commands; ++i) {
      now_ = workload_.Later(now_, NextDue());
      while (NextDue() <= now_ && Give(ExpireDue{}, Principal::System())) continue;
      const laws::Asked asked = workload_.Next(now_);
      Give(asked.command, asked.principal);
    }
    Close();
  }

  const MemoryLog& log() const { return log_; }
  const State& state() const { return state_; }
  // The ends of all blocks.
  const std::vector<LogEnd>& ends() const { return ends_; }
  laws::Dice& dice() { return dice_; }

  // Entry by entry, from the first.
  State ReplayedTo(Position position) const {
    State state;
    EXPECT_TRUE(VerifiedRead(log_, [&](const storage::v1::Block& block) {
                  for (const auto& entry : block.entries()) {
                    if (entry.position() <= position) Evolve(state, entry);
                  }
                  return absl::OkStatus();
                }).ok());
    return state;
  }

 private:
  int64_t NextDue() const { return absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(laws::kNever))); }

  // Whether it brought about an entry.
  bool Give(const Command& command, const Principal& principal) {
    absl::StatusOr<Decision> decision = Decide(state_, command, principal, absl::FromUnixMicros(now_));
    if (!decision.ok() || decision->events.empty() || !decision->written) return false;
    storage::v1::Entry& entry = *block_.add_entries();
    entry.set_position(state_.position + 1);
    entry.set_commit_time(now_);
    entry.set_principal(principal.text());
    for (storage::v1::Event& event : decision->events) *entry.add_events() = std::move(event);
    Evolve(state_, entry);
    laws_.Written(command, principal, entry);
    if (dice_.OneIn(3)) Close();
    return true;
  }

  void Close() {
    if (block_.entries_size() == 0) return;
    EXPECT_TRUE(log_.Append(Seal(block_, log_.Last())).ok());
    ends_.push_back(log_.Last());
    block_.Clear();
  }

  State state_;
  laws::Sightings sightings_;
  laws::Dice dice_;
  laws::Laws laws_;
  laws::Workload workload_;
  MemoryLog log_;
  std::vector<LogEnd> ends_;
  storage::v1::Block block_;
  int64_t now_ = 1'000'000;
};

}  // namespace bursar

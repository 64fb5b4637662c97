// Logs to keep copies of, and folders to keep them in.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
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

// Gone after the test.
class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "/bursar-archive-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string Contents(const std::string& file) {
  std::ostringstream contents;
  contents << std::ifstream(file, std::ios::binary).rdbuf();
  return contents.str();
}

inline void SetContents(const std::string& file, const std::string& contents) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << contents;
}

inline const char kStore[] = "0123456789abcdef0123456789abcdef";

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

// The blocks of a log, up to the one that holds `position`.
inline std::vector<StoredBlock> BlocksTo(const EventLog& log, Position position) {
  std::vector<StoredBlock> blocks;
  EXPECT_TRUE(log.Read(1,
                       [&](const StoredBlock& block) {
                         if (block.first <= position) blocks.push_back(block);
                         return absl::OkStatus();
                       })
                  .ok());
  return blocks;
}

inline std::vector<storage::v1::Entry> EntriesTo(const EventLog& log, Position position) {
  std::vector<storage::v1::Entry> entries;
  for (const StoredBlock& stored : BlocksTo(log, position)) {
    const auto block = Decode(stored);
    EXPECT_TRUE(block.ok());
    for (const auto& entry : block->entries()) {
      if (entry.position() <= position) entries.push_back(entry);
    }
  }
  return entries;
}

// The log up to the block that ends at `end`.
inline void CopyTo(const EventLog& log, const LogEnd& end, MemoryLog& copy) {
  for (const StoredBlock& block : BlocksTo(log, end.position)) ASSERT_TRUE(copy.Append(block).ok());
}

}  // namespace bursar

// What every EventLog promises, to be run on each implementation:
//
//     INSTANTIATE_TEST_SUITE_P(, EventLogContract, testing::Values(Implementation{"Memory", make}), NameOf);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/log/block.h"
#include "ledger/log/event_log.h"

namespace bursar {

// A block of `count` entries that follows `end`.
inline StoredBlock BlockAfter(const LogEnd& end, int count, int64_t commit_time = 1'000) {
  storage::v1::Block block;
  for (int i = 0; i < count; ++i) {
    storage::v1::Entry* entry = block.add_entries();
    entry->set_position(end.position + 1 + i);
    entry->set_commit_time(commit_time);
    entry->set_principal("user-ada");
    entry->set_request_id(absl::StrCat("request-", entry->position()));
  }
  return Seal(block, end);
}

inline LogEnd EndOf(const StoredBlock& block) { return {.position = block.last, .hash = block.hash}; }

inline std::vector<Position> FirstPositions(const EventLog& log, Position from) {
  std::vector<Position> firsts;
  EXPECT_TRUE(log.Read(from,
                       [&](const StoredBlock& block) {
                         firsts.push_back(block.first);
                         return absl::OkStatus();
                       })
                  .ok());
  return firsts;
}

inline std::vector<StoredBlock> Blocks(const EventLog& log) {
  std::vector<StoredBlock> blocks;
  EXPECT_TRUE(log.Read(1,
                       [&](const StoredBlock& block) {
                         blocks.push_back(block);
                         return absl::OkStatus();
                       })
                  .ok());
  return blocks;
}

inline absl::Status Verify(const EventLog& log) {
  return VerifiedRead(log, [](const storage::v1::Block&) { return absl::OkStatus(); }).status();
}

// How one of them is made, empty.
struct Implementation {
  // For the test's name.
  std::string name;
  std::function<std::unique_ptr<EventLog>()> make;
};

class EventLogContract : public testing::TestWithParam<Implementation> {
 protected:
  EventLogContract() : log_(GetParam().make()) {}

  void AppendBlocks(const std::vector<int>& counts) {
    for (const int count : counts) ASSERT_TRUE(log_->Append(BlockAfter(log_->Last(), count)).ok());
  }

  const std::unique_ptr<EventLog> log_;
};

inline std::string NameOf(const testing::TestParamInfo<Implementation>& info) { return info.param.name; }

}  // namespace bursar

// Blocks to append, and a folder to keep them in.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/entry.pb.h"
#include "gtest/gtest.h"
#include "ledger/log/block.h"
#include "ledger/log/event_log.h"

namespace bursar {

// A block of `count` entries that follows `end`.
inline StoredBlock BlockAfter(const LogEnd& end, int count = 1) {
  storage::v1::Block block;
  for (int i = 0; i < count; ++i) {
    storage::v1::Entry* entry = block.add_entries();
    entry->set_position(end.position + 1 + i);
    entry->set_commit_time(1'000);
    entry->set_principal("user-ada");
    entry->set_request_id(absl::StrCat("request-", entry->position()));
  }
  return Seal(block, end);
}

inline LogEnd EndOf(const StoredBlock& block) { return {.position = block.last, .hash = block.hash}; }

// Each of `count` entries, after `end`.
inline std::vector<StoredBlock> BlocksAfter(LogEnd end, int blocks, int count = 1) {
  std::vector<StoredBlock> made;
  for (int i = 0; i < blocks; ++i) {
    made.push_back(BlockAfter(end, count));
    end = EndOf(made.back());
  }
  return made;
}

inline void AppendBlocks(EventLog& log, int blocks, int count = 1) {
  for (const StoredBlock& block : BlocksAfter(log.Last(), blocks, count)) {
    const absl::Status appended = log.Append(block);
    ASSERT_TRUE(appended.ok()) << appended;
  }
}

inline std::vector<Position> FirstPositions(const EventLog& log) {
  std::vector<Position> firsts;
  const auto read = VerifiedRead(log, [&](const storage::v1::Block& block) {
    firsts.push_back(block.first_position());
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read.status();
  return firsts;
}

// A folder that is gone after the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name = testing::TempDir() + "/bursar-store-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace bursar

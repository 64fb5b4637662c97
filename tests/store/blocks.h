// Blocks to append, and a folder to keep them in.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/log/event_log.h"
#include "tests/log/event_log_contract.h"

namespace bursar {

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

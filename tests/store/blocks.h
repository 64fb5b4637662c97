// Blocks to append.
#pragma once

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

}  // namespace bursar

// Logs to keep copies of, and what stands in them.
#pragma once

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "tests/folder.h"
#include "tests/laws/world.h"

namespace bursar {

inline const char kStore[] = "0123456789abcdef0123456789abcdef";

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

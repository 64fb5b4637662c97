// A tree of hashes over the blocks of a log, as in RFC 9162: a few hashes prove that a block is among them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/log/event_log.h"

namespace bursar {

// `blocks` are the hashes of the log's blocks, from the first on. Without any: SHA-256 of nothing.
BlockHash TreeRoot(const std::vector<BlockHash>& blocks);

// The hashes that lead from the block at `index` to the root, the nearest first.
std::vector<BlockHash> TreePath(const std::vector<BlockHash>& blocks, uint64_t index);

// The root that a path leads to; nullopt where the path does not fit the index or the number of blocks.
std::optional<BlockHash> RootByPath(const BlockHash& block, uint64_t index, uint64_t blocks,
                                    const std::vector<BlockHash>& path);

}  // namespace bursar

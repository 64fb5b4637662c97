#include "ledger/archive/tree.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "ledger/base/check.h"
#include "ledger/base/hasher.h"

namespace bursar {
namespace {

// Leaves and nodes are told apart, so that no node can be passed off as a block.
BlockHash Leaf(const BlockHash& block) {
  Hasher digest;
  digest.Add(absl::string_view("\x00", 1));
  digest.Add(BytesOf(block));
  return digest.Take();
}

BlockHash Node(const BlockHash& left, const BlockHash& right) {
  Hasher digest;
  digest.Add(absl::string_view("\x01", 1));
  digest.Add(BytesOf(left));
  digest.Add(BytesOf(right));
  return digest.Take();
}

// The largest power of two below `size`, which is at least 2.
size_t LeftOf(size_t size) {
  size_t left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

using Iterator = std::vector<BlockHash>::const_iterator;

BlockHash RootOf(Iterator begin, Iterator end) {
  const auto size = static_cast<size_t>(end - begin);
  if (size == 1) return Leaf(*begin);
  const auto middle = begin + static_cast<std::ptrdiff_t>(LeftOf(size));
  return Node(RootOf(begin, middle), RootOf(middle, end));
}

void PathOf(Iterator begin, Iterator end, uint64_t index, std::vector<BlockHash>& path) {
  const auto size = static_cast<size_t>(end - begin);
  if (size == 1) return;
  const size_t left = LeftOf(size);
  const auto middle = begin + static_cast<std::ptrdiff_t>(left);
  if (index < left) {
    PathOf(begin, middle, index, path);
    path.push_back(RootOf(middle, end));
  } else {
    PathOf(middle, end, index - left, path);
    path.push_back(RootOf(begin, middle));
  }
}

}  // namespace

BlockHash TreeRoot(const std::vector<BlockHash>& blocks) {
  return blocks.empty() ? Hasher().Take() : RootOf(blocks.begin(), blocks.end());
}

std::vector<BlockHash> TreePath(const std::vector<BlockHash>& blocks, uint64_t index) {
  BURSAR_CHECK(index < blocks.size());
  std::vector<BlockHash> path;
  PathOf(blocks.begin(), blocks.end(), index, path);
  return path;
}

std::optional<BlockHash> RootByPath(const BlockHash& block, uint64_t index, uint64_t blocks,
                                    const std::vector<BlockHash>& path) {
  if (index >= blocks) return std::nullopt;
  BlockHash root = Leaf(block);
  // Of the node at hand, and of the last one at its height.
  uint64_t at = index;
  uint64_t last = blocks - 1;
  for (const BlockHash& other : path) {
    if (last == 0) return std::nullopt;
    const bool is_right = at % 2 == 1 || at == last;
    root = is_right ? Node(other, root) : Node(root, other);
    if (is_right) {
      // A last node without a neighbour stands for itself further up.
      while (at % 2 == 0 && at != 0) {
        at /= 2;
        last /= 2;
      }
    }
    at /= 2;
    last /= 2;
  }
  if (last != 0) return std::nullopt;
  return root;
}

}  // namespace bursar

// Random numbers that are the same on every platform: whole-number arithmetic only, none of the C++ library's
// distributions, which differ between libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bursar::day {

class Random {
 public:
  // Streams of one seed are independent: drawing more from one leaves the others as they are.
  explicit Random(uint64_t seed, uint64_t stream = 0);

  uint64_t Next();
  // 0 .. n - 1; n is at least 1.
  int64_t Below(int64_t n);
  // Both ends included.
  int64_t Between(int64_t low, int64_t high) { return low + Below(high - low + 1); }
  // True `parts` times out of `of`.
  bool Chance(int64_t parts, int64_t of) { return Below(of) < parts; }
  // Half of the draws are below `median`, 95 of 100 below `p95`; both are more than zero.
  int64_t LogNormal(int64_t median, int64_t p95);

  template <class Item>
  void Shuffle(std::vector<Item>& items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[static_cast<size_t>(Below(static_cast<int64_t>(i)))]);
  }

 private:
  // In 65536ths, from the standard normal distribution; between -6 and 6.
  int64_t Normal();

  uint64_t state_;
};

}  // namespace bursar::day

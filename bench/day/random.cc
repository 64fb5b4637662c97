#include "bench/day/random.h"

#include "absl/numeric/int128.h"

namespace bursar::day {
namespace {

uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// 2^(1/2), 2^(1/4), 2^(1/8), ... in units of 2^-32.
constexpr uint64_t kRoots[16] = {0x16a09e668, 0x1306fe0a3, 0x1172b83c8, 0x10b5586d0, 0x1059b0d31, 0x102c9a3e7,
                                 0x10163daa0, 0x100b1afa6, 0x10058c86e, 0x1002c605e, 0x100162f39, 0x1000b175f,
                                 0x100058ba0, 0x10002c5cc, 0x1000162e5, 0x10000b172};

// value * 2^(exponent / 65536).
int64_t TimesPowerOfTwo(int64_t value, int64_t exponent) {
  absl::uint128 result = static_cast<uint64_t>(value);
  for (int bit = 0; bit < 16; ++bit) {
    if ((exponent >> (15 - bit)) & 1) result = (result * kRoots[bit]) >> 32;
  }
  const int64_t whole = exponent >> 16;
  if (whole >= 0) return static_cast<int64_t>(result << static_cast<int>(whole));
  return static_cast<int64_t>(result >> static_cast<int>(-whole));
}

// log2(above / below) in 65536ths, for 1 <= above / below < 2^30.
int64_t Log2(int64_t above, int64_t below) {
  absl::uint128 ratio = (absl::uint128(static_cast<uint64_t>(above)) << 32) / static_cast<uint64_t>(below);
  int64_t result = 0;
  while ((ratio >> 33) != 0) {
    ratio >>= 1;
    result += 1 << 16;
  }
  for (int bit = 15; bit >= 0; --bit) {
    ratio = (ratio * ratio) >> 32;
    if ((ratio >> 33) == 0) continue;
    ratio >>= 1;
    result += int64_t{1} << bit;
  }
  return result;
}

// How many standard deviations the 95th of 100 lies above the median, in 65536ths.
constexpr int64_t kP95 = 107'797;

}  // namespace

Random::Random(uint64_t seed, uint64_t stream) : state_(Mix(seed) ^ Mix(~stream)) {}

uint64_t Random::Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }

int64_t Random::Below(int64_t n) {
  const absl::uint128 product = absl::uint128(Next()) * static_cast<uint64_t>(n);
  return static_cast<int64_t>(absl::Uint128High64(product));
}

int64_t Random::Normal() {
  int64_t sum = 0;
  for (int i = 0; i < 12; ++i) sum += Below(1 << 16);
  return sum - 6 * (1 << 16);
}

int64_t Random::LogNormal(int64_t median, int64_t p95) {
  const int64_t deviations = Normal();
  return TimesPowerOfTwo(median, deviations * Log2(p95, median) / kP95);
}

}  // namespace bursar::day

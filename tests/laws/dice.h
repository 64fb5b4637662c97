// Chance that anybody can repeat: the same seed gives the same rolls on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace bursar::laws {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  // SplitMix64.
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 .. below - 1.
  int64_t Below(int64_t below) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(below)); }
  // Once in `times`, on average.
  bool OneIn(int64_t times) { return Below(times) == 0; }

  template <class Value>
  Value Pick(std::initializer_list<Value> values) {
    return values.begin()[Below(static_cast<int64_t>(values.size()))];
  }
  template <class Value>
  const Value& Pick(const std::vector<Value>& values) {
    return values[static_cast<size_t>(Below(static_cast<int64_t>(values.size())))];
  }

  std::string Bytes(size_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(Below(256)));
    return bytes;
  }

 private:
  uint64_t state_;
};

}  // namespace bursar::laws

// What a run of many operations measured, and medians over runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace bursar::bench {

struct Figures {
  // Operations per second.
  double rate = 0;
  absl::Duration p50;
  absl::Duration p99;
};

// `latencies` may be in any order; at least one.
inline Figures FiguresOf(std::vector<absl::Duration> latencies, absl::Duration wall) {
  std::sort(latencies.begin(), latencies.end());
  const size_t count = latencies.size();
  return {.rate = static_cast<double>(count) / absl::ToDoubleSeconds(wall),
          .p50 = latencies[count / 2],
          .p99 = latencies[std::min(count - 1, count * 99 / 100)]};
}

template <class Value>
Value Median(std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Each figure's own median.
inline Figures MedianOf(const std::vector<Figures>& runs) {
  std::vector<double> rates;
  std::vector<absl::Duration> p50s;
  std::vector<absl::Duration> p99s;
  for (const Figures& run : runs) {
    rates.push_back(run.rate);
    p50s.push_back(run.p50);
    p99s.push_back(run.p99);
  }
  return {.rate = Median(rates), .p50 = Median(p50s), .p99 = Median(p99s)};
}

}  // namespace bursar::bench

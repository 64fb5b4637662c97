// Keeps so many operations outstanding for so long, and measures each.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/time/clock.h"
#include "bench/load/figures.h"

namespace bursar::bench {

// Starts operation number `slot` (0 to outstanding - 1) and calls `done` once, from any thread, when it is answered.
using Operation = std::function<void(int slot, std::function<void()> done)>;

// Each slot starts its next operation when the last one is answered, until `time` is over; then waits for the rest.
inline Figures RunLoop(int outstanding, absl::Duration time, const Operation& operation) {
  struct Slot {
    absl::Time started;
    std::vector<absl::Duration> latencies;
    std::function<void()> next;
  };
  std::vector<Slot> slots(outstanding);
  std::mutex mutex;
  std::condition_variable all_done;
  int running = outstanding;
  const absl::Time start = absl::Now();
  const absl::Time end = start + time;
  for (int i = 0; i < outstanding; ++i) {
    slots[i].next = [&, i] {
      Slot& slot = slots[i];
      slot.started = absl::Now();
      operation(i, [&, i] {
        const absl::Time now = absl::Now();
        slots[i].latencies.push_back(now - slots[i].started);
        if (now < end) return slots[i].next();
        const std::lock_guard lock(mutex);
        if (--running == 0) all_done.notify_one();
      });
    };
  }
  for (Slot& slot : slots) slot.next();
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return running == 0; });
  std::vector<absl::Duration> latencies;
  for (const Slot& slot : slots) latencies.insert(latencies.end(), slot.latencies.begin(), slot.latencies.end());
  return FiguresOf(std::move(latencies), absl::Now() - start);
}

}  // namespace bursar::bench

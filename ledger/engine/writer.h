// Decides: takes what is queued and what time has brought about, and hands one group after the other to the committer.
#pragma once

#include <deque>
#include <utility>

#include "ledger/base/clock.h"
#include "ledger/engine/head.h"
#include "ledger/engine/pipeline.h"

namespace bursar {

// Used by one thread at a time.
class Writer {
 public:
  // What is handed in by reference outlives it.
  Writer(Head head, Pipeline& pipeline, Clock& clock, size_t group_capacity)
      : head_(std::move(head)), pipeline_(pipeline), clock_(clock), group_capacity_(group_capacity) {}

  // One group. False where there was nothing to do; with patience, where there never will be again.
  bool Turn(Patience patience);

 private:
  void Stop();

  Head head_;
  Pipeline& pipeline_;
  Clock& clock_;
  const size_t group_capacity_;
  // Taken from the queue and not decided yet.
  std::deque<Waiting> waiting_;
  bool over_ = false;
};

}  // namespace bursar

// The state that follows from what is durable: all that readers see.
#pragma once

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/state.h"

namespace bursar {

// One thread takes blocks in; any number may read at the same time.
class DurableState {
 public:
  explicit DurableState(State state) : state_(std::move(state)) {}

  // Hands the state to `read`, while it does not change; keep it short.
  void Read(const std::function<void(const State& state)>& read) const;

  // In slices, so that readers never wait long.
  void Take(const storage::v1::Block& block);

 private:
  // Keeps a stream of readers from shutting out the one who changes the state, who holds it while waiting for them.
  mutable std::mutex turnstile_;
  mutable std::shared_mutex mutex_;
  State state_;
};

}  // namespace bursar

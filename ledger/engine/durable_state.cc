#include "ledger/engine/durable_state.h"

#include <algorithm>

#include "ledger/domain/evolve.h"

namespace bursar {
namespace {

constexpr int kEvolveSlice = 64;

}  // namespace

void DurableState::Read(const std::function<void(const State& state)>& read) const {
  std::shared_lock<std::shared_mutex> lock;
  {
    const std::lock_guard<std::mutex> turnstile(turnstile_);
    lock = std::shared_lock<std::shared_mutex>(mutex_);
  }
  read(state_);
}

void DurableState::Take(const storage::v1::Block& block) {
  for (int i = 0; i < block.entries_size();) {
    const std::lock_guard<std::mutex> turnstile(turnstile_);
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    for (const int end = std::min(i + kEvolveSlice, block.entries_size()); i < end; ++i) {
      Evolve(state_, block.entries(i));
    }
  }
}

}  // namespace bursar

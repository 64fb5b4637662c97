// Those who are told of entries at the moment at which they become durable.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"

namespace bursar {

using DurableBlock = std::shared_ptr<const storage::v1::Block>;
using Told = std::function<void(const DurableBlock& block)>;

class Followers;

// Being told, for as long as this lives. Its end waits for a call that is under way. Goes before the ledger.
class Following {
 public:
  Following(Followers& followers, uint64_t number, Position after)
      : followers_(followers), number_(number), after_(after) {}
  ~Following();
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  // The last entry that was durable when it began: the first block begins right after.
  Position after() const { return after_; }

 private:
  Followers& followers_;
  const uint64_t number_;
  const Position after_;
};

// Thread-safe.
class Followers {
 public:
  // `durable` gives the durable position, which changes nowhere but in Publish.
  std::unique_ptr<Following> Add(Told told, const std::function<Position()>& durable) {
    const std::lock_guard<std::mutex> lock(mutex_);
    told_.emplace(++last_, std::move(told));
    return std::make_unique<Following>(*this, last_, durable());
  }

  // Has `publish` move the durable position to the end of the block, then tells everybody of it.
  void Publish(const DurableBlock& block, const std::function<void()>& publish) {
    const std::lock_guard<std::mutex> lock(mutex_);
    publish();
    for (const auto& [number, told] : told_) told(block);
  }

 private:
  friend class Following;

  std::mutex mutex_;
  // Ordered, so that they are told in the order in which they came.
  std::map<uint64_t, Told> told_;
  uint64_t last_ = 0;
};

inline Following::~Following() {
  const std::lock_guard<std::mutex> lock(followers_.mutex_);
  followers_.told_.erase(number_);
}

}  // namespace bursar

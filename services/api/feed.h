// Brings entries to any number of watchers, as they become durable and from any position on, on a few threads.
//
//   Ledger::Follow -> recent blocks in memory -> live thread ----> watchers that are up to date
//   Ledger::log    -----------------------------> catch-up threads -> watchers that are behind
//
// A watcher that cannot take more is left alone until it can, and then reads on by position: nothing is queued for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/engine/ledger.h"

namespace bursar {

// One of those who are told. Its functions are called by one thread at a time.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // Whether it can take in more. Where not, Feed::Resume has to be called once it can.
  virtual bool HasRoom() = 0;
  // The next entry, in order and without gaps from the position it was added at.
  virtual void Take(const storage::v1::Entry& entry) = 0;
  // It was told of every entry up to `position`, which is the last one for now. Called again from time to time.
  virtual void CaughtUp(Position position) = 0;
  // The log cannot be read any further. The last call.
  virtual void Failed(const absl::Status& status) = 0;
};

// Thread-safe. Ends before the ledger.
class Feed {
 public:
  struct Options {
    int catch_up_threads = 2;
    // Without threads: watchers are told in Step only, and CaughtUp is not called again as time passes.
    bool stepped = false;
    // Entries of the last blocks that are kept in memory while anybody watches.
    Position recent_entries = 16'384;
    // So often CaughtUp is called again, for those who tell time and again how far they are. Entries do not wait for
    // it.
    absl::Duration tick = absl::Seconds(1);
  };

  Feed(const Ledger& ledger, const Options& options);
  // Nobody is called any longer afterwards.
  ~Feed();

  // Tells `watcher` of all entries from `from`, at least 1, until it is removed.
  void Add(const std::shared_ptr<Watcher>& watcher, Position from);
  // The watcher has room again.
  void Resume(const Watcher& watcher);
  // Of a stepped feed: tells one watcher some of what is new to it; whether there was one.
  bool Step();
  // May be called by the watcher itself; a call under way goes on. Does nothing for one that was never added.
  void Remove(const Watcher& watcher);

 private:
  enum class Place { kUpToDate, kQueued, kRunning, kFull };
  struct Member {
    std::shared_ptr<Watcher> watcher;
    Position next = 0;
    Place place = Place::kQueued;
    // Something happened while it was running, so that what it found does not hold any longer.
    bool again = false;
    bool removed = false;
  };
  using MemberPtr = std::shared_ptr<Member>;
  // Where a step has led to.
  enum class Reached { kEnd, kFull, kLog, kMore, kFailure };

  void Take(const DurableBlock& block);
  void RunLive();
  void RunCatchUp();
  // Serves the next member of the queue, if there is one; `lock` is of mutex_ and let go of meanwhile.
  bool ServeLive(std::unique_lock<std::mutex>& lock);
  bool ServeCatchUp(std::unique_lock<std::mutex>& lock);
  static Reached StepFromMemory(Member& member, const std::vector<DurableBlock>& blocks, Position durable);
  Reached StepFromLog(Member& member, Position durable) const;

  // These need mutex_.
  //
  // The next member of `queue`, which runs from now on; nullptr where there is none.
  MemberPtr Next(std::deque<MemberPtr>& queue);
  void WakeUpToDate();
  void Queue(const MemberPtr& member);
  void Settle(const MemberPtr& member, Reached reached);
  // Blocks in memory from `next` on, enough for a step; empty where they do not go back so far, or not so far ahead.
  std::vector<DurableBlock> RecentFrom(Position next) const;

  const Ledger& ledger_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable live_changed_;
  std::condition_variable catch_up_changed_;
  absl::flat_hash_map<const Watcher*, MemberPtr> members_;
  std::deque<MemberPtr> live_;
  std::deque<MemberPtr> catch_up_;
  // The last durable blocks without gaps, up to durable_; none while nobody watches.
  std::deque<DurableBlock> recent_;
  Position recent_count_ = 0;
  Position durable_ = 0;
  // Whether durable_ has moved since those that are up to date were woken.
  bool moved_ = false;
  bool stopping_ = false;

  std::unique_ptr<Following> following_;
  std::vector<std::thread> threads_;
};

}  // namespace bursar

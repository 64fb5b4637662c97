#include "services/api/feed.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/base/wait.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

// Entries that one watcher is told before others have their turn.
constexpr Position kSlice = 4'096;

Position LastOf(const DurableBlock& block) { return block->entries(block->entries_size() - 1).position(); }

}  // namespace

Feed::Feed(const Ledger& ledger, const Options& options) : ledger_(ledger), options_(options) {
  following_ = ledger_.Follow([this](const DurableBlock& block) { Take(block); });
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    durable_ = std::max(durable_, following_->after());
  }
  if (options_.stepped) return;
  threads_.emplace_back([this] { RunLive(); });
  for (int i = 0; i < options_.catch_up_threads; ++i) threads_.emplace_back([this] { RunCatchUp(); });
}

Feed::~Feed() {
  following_.reset();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  live_changed_.notify_all();
  catch_up_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Feed::Add(const std::shared_ptr<Watcher>& watcher, Position from) {
  const auto member = std::make_shared<Member>();
  member->watcher = watcher;
  member->next = from;
  const std::lock_guard<std::mutex> lock(mutex_);
  members_.emplace(watcher.get(), member);
  Queue(member);
}

void Feed::Resume(const Watcher& watcher) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = members_.find(&watcher);
  if (found == members_.end()) return;
  const MemberPtr& member = found->second;
  if (member->place == Place::kFull) return Queue(member);
  member->again = true;
}

void Feed::Remove(const Watcher& watcher) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = members_.find(&watcher);
  if (found == members_.end()) return;
  found->second->removed = true;
  members_.erase(found);
  if (!members_.empty()) return;
  recent_.clear();
  recent_count_ = 0;
}

// In the committer's thread: only notes the block.
void Feed::Take(const DurableBlock& block) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    durable_ = LastOf(block);
    if (members_.empty()) return;
    recent_.push_back(block);
    recent_count_ += block->entries_size();
    while (recent_count_ > options_.recent_entries && recent_.size() > 1) {
      recent_count_ -= recent_.front()->entries_size();
      recent_.pop_front();
    }
    moved_ = true;
  }
  live_changed_.notify_one();
}

void Feed::RunLive() {
  std::unique_lock<std::mutex> lock(mutex_);
  absl::Time next_tick = absl::Now() + options_.tick;
  while (!stopping_) {
    WaitUntil(live_changed_, lock, members_.empty() ? absl::InfiniteFuture() : next_tick,
              [&] { return stopping_ || moved_ || !live_.empty(); });
    const bool ticked = absl::Now() >= next_tick;
    if (ticked) next_tick = absl::Now() + options_.tick;
    if (moved_ || ticked) WakeUpToDate();
    ServeLive(lock);
  }
}

bool Feed::ServeLive(std::unique_lock<std::mutex>& lock) {
  const MemberPtr member = Next(live_);
  if (member == nullptr) return false;
  const Position durable = durable_;
  const std::vector<DurableBlock> blocks = RecentFrom(member->next);
  if (blocks.empty() && member->next <= durable) {
    Settle(member, Reached::kLog);
    return true;
  }
  lock.unlock();
  const Reached reached = StepFromMemory(*member, blocks, durable);
  lock.lock();
  Settle(member, reached);
  return true;
}

void Feed::RunCatchUp() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    catch_up_changed_.wait(lock, [&] { return stopping_ || !catch_up_.empty(); });
    ServeCatchUp(lock);
  }
}

bool Feed::ServeCatchUp(std::unique_lock<std::mutex>& lock) {
  const MemberPtr member = Next(catch_up_);
  if (member == nullptr) return false;
  const Position durable = durable_;
  lock.unlock();
  const Reached reached = StepFromLog(*member, durable);
  lock.lock();
  Settle(member, reached);
  return true;
}

bool Feed::Step() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (moved_) WakeUpToDate();
  return ServeLive(lock) || ServeCatchUp(lock);
}

Feed::MemberPtr Feed::Next(std::deque<MemberPtr>& queue) {
  while (!stopping_ && !queue.empty()) {
    MemberPtr member = std::move(queue.front());
    queue.pop_front();
    if (member->removed) continue;
    member->place = Place::kRunning;
    member->again = false;
    return member;
  }
  return nullptr;
}

void Feed::WakeUpToDate() {
  moved_ = false;
  for (const auto& [watcher, member] : members_) {
    if (member->place == Place::kUpToDate) Queue(member);
  }
}

void Feed::Queue(const MemberPtr& member) {
  member->place = Place::kQueued;
  live_.push_back(member);
  live_changed_.notify_one();
}

void Feed::Settle(const MemberPtr& member, Reached reached) {
  if (member->removed) return;
  switch (reached) {
    case Reached::kEnd:
      if (member->again || member->next <= durable_) return Queue(member);
      member->place = Place::kUpToDate;
      return;
    case Reached::kFull:
      if (member->again) return Queue(member);
      member->place = Place::kFull;
      return;
    case Reached::kLog:
      member->place = Place::kQueued;
      catch_up_.push_back(member);
      catch_up_changed_.notify_one();
      return;
    case Reached::kMore:
      return Queue(member);
    case Reached::kFailure:
      members_.erase(member->watcher.get());
      return;
  }
}

std::vector<DurableBlock> Feed::RecentFrom(Position next) const {
  if (recent_.empty() || next < recent_.front()->first_position()) return {};
  const auto first = std::partition_point(recent_.begin(), recent_.end(),
                                          [&](const DurableBlock& block) { return LastOf(block) < next; });
  const auto end = std::partition_point(
      first, recent_.end(), [&](const DurableBlock& block) { return block->first_position() < next + kSlice; });
  return {first, end};
}

Feed::Reached Feed::StepFromMemory(Member& member, const std::vector<DurableBlock>& blocks, Position durable) {
  const Position end = member.next + kSlice;
  for (const DurableBlock& block : blocks) {
    for (; member.next <= LastOf(block); ++member.next) {
      if (member.next >= end) return Reached::kMore;
      if (!member.watcher->HasRoom()) return Reached::kFull;
      member.watcher->Take(block->entries(static_cast<int>(member.next - block->first_position())));
    }
  }
  if (member.next <= durable) return Reached::kMore;
  member.watcher->CaughtUp(durable);
  return Reached::kEnd;
}

Feed::Reached Feed::StepFromLog(Member& member, Position durable) const {
  const Position start = member.next;
  bool full = false;
  // The log may be ahead of what is durable for readers.
  const auto wants_more = [&] { return !full && member.next <= durable && member.next < start + kSlice; };
  absl::Status status = ledger_.log().Read(start, [&](const StoredBlock& stored) -> absl::Status {
    if (!wants_more()) return absl::CancelledError("that is enough for now");
    const auto block = Decode(stored);
    if (!block.ok()) return block.status();
    for (const storage::v1::Entry& entry : block->entries()) {
      if (entry.position() != member.next) continue;
      full = !member.watcher->HasRoom();
      if (!wants_more()) break;
      member.watcher->Take(entry);
      ++member.next;
    }
    return absl::OkStatus();
  });
  if (full) return Reached::kFull;
  if (status.ok() && member.next <= durable && member.next == start) {
    status = absl::DataLossError("The log ends before the position that is durable.");
  }
  if (status.ok() || absl::IsCancelled(status)) return Reached::kMore;
  member.watcher->Failed(status);
  return Reached::kFailure;
}

}  // namespace bursar

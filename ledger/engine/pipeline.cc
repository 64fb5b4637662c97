#include "ledger/engine/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/base/planted.h"
#include "ledger/base/wait.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

// Entries handed to the projections in memory; beyond that they read the log.
constexpr Position kMaxHanded = 16'384;
// So often it is looked whether to stop while the projections catch up from the log.
constexpr Position kFollowStep = 4'096;
// A timer looks at the clock at least so often, since the clock may be set.
constexpr absl::Duration kLongestSleep = absl::Seconds(60);

}  // namespace

absl::Status NotAnswered() {
  if (BURSAR_PLANTED(failure_called_refusal)) return PermissionDenied("write while the disk is ill");
  return LedgerUnavailable("writing to its log has failed");
}

void AnswerAll(const std::vector<Outcome>& outcomes, const absl::Status& status) {
  for (const Outcome& outcome : outcomes) outcome.done(status);
}

absl::Status Pipeline::Enter(Waiting& waiting) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) return NotAnswered();
    if (waiting_count_ >= queue_capacity_) return Overloaded();
    queue_.push_back(std::move(waiting));
    ++waiting_count_;
    wake = std::exchange(writer_idle_, false);
  }
  if (wake) work_.notify_one();
  return absl::OkStatus();
}

Work Pipeline::TakeQueued(std::deque<Waiting>& taken, Position decided,
                          const std::function<absl::Duration()>& until_due, Patience patience, Reached& reached) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto has_room = [&] { return failure_ || (!slot_ && decided - indexed_ <= kMaxUnindexed); };
  if (patience == Patience::kNone && !has_room()) return Work::kNone;
  room_.wait(lock, has_room);
  while (!failure_ && !stopping_ && taken.empty() && queue_.empty()) {
    const absl::Duration left = until_due();
    if (left <= absl::ZeroDuration()) break;
    if (patience == Patience::kNone) return Work::kNone;
    writer_idle_ = true;
    WaitUntil(work_, lock, absl::Now() + std::min(left, kLongestSleep),
              [&] { return failure_ || stopping_ || !writer_idle_; });
    writer_idle_ = false;
  }
  for (Waiting& one : queue_) taken.push_back(std::move(one));
  queue_.clear();
  reached = {.durable = durable_, .indexed = indexed_};
  return failure_ || (stopping_ && taken.empty()) ? Work::kOver : Work::kSome;
}

std::optional<Group> Pipeline::HandOver(Group group, size_t decided) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_count_ -= decided;
    if (failure_) return group;
    slot_ = std::move(group);
  }
  handed_over_.notify_one();
  return std::nullopt;
}

Pipeline::Unanswered Pipeline::Empty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Unanswered unanswered;
  if (failure_ && slot_) {
    unanswered.outcomes = std::move(slot_->outcomes);
    slot_.reset();
  }
  unanswered.waiting = std::exchange(queue_, {});
  return unanswered;
}

void Pipeline::WriterStopped() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    writer_stopped_ = true;
  }
  handed_over_.notify_one();
}

Work Pipeline::TakeGroup(std::optional<Group>& group, Patience patience) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto has_come = [&] { return slot_ || writer_stopped_ || failure_; };
    if (patience == Patience::kNone && !has_come()) return Work::kNone;
    handed_over_.wait(lock, has_come);
    if (failure_) {
      group.reset();
    } else {
      group = std::exchange(slot_, std::nullopt);
    }
  }
  room_.notify_one();
  return group ? Work::kSome : Work::kOver;
}

void Pipeline::Committed(Position durable) {
  const std::lock_guard<std::mutex> lock(mutex_);
  durable_ = durable;
  durable_moved_.notify_all();
}

void Pipeline::HandToProjector(CommittedBlock committed) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    handed_count_ += committed.block->entries_size();
    handed_.push_back(std::move(committed));
    if (handed_count_ > kMaxHanded) DropHanded();
  }
  committed_.notify_one();
}

bool Pipeline::AwaitWriterStopped(Patience patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (patience == Patience::kWaits) handed_over_.wait(lock, [&] { return writer_stopped_; });
  return writer_stopped_;
}

Work Pipeline::TakeUncollected(Uncollected& next, Patience patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto has_come = [&] { return committed_all_ || durable_ > indexed_; };
  if (patience == Patience::kNone && !has_come()) return Work::kNone;
  committed_.wait(lock, has_come);
  if (committed_all_) return Work::kOver;
  next.block = TakeHanded();
  next.target =
      std::min(handed_.empty() ? durable_ : handed_.front().block->first_position() - 1, indexed_ + kFollowStep);
  return Work::kSome;
}

void Pipeline::Projected(Position indexed) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    indexed_ = indexed;
  }
  room_.notify_one();
}

void Pipeline::Fail(absl::Status status) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!failure_) failure_ = std::move(status);
  }
  work_.notify_all();
  room_.notify_all();
  handed_over_.notify_all();
}

std::optional<absl::Status> Pipeline::failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

void Pipeline::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
}

void Pipeline::StopProjecting() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    committed_all_ = true;
  }
  committed_.notify_all();
}

Position Pipeline::durable() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return durable_;
}

bool Pipeline::AwaitDurable(Position position, absl::Time deadline) const {
  std::unique_lock<std::mutex> lock(mutex_);
  return WaitUntil(durable_moved_, lock, deadline, [&] { return durable_ >= position; });
}

// The block after the last one taken in, where it is at hand.
std::optional<CommittedBlock> Pipeline::TakeHanded() {
  while (!handed_.empty() && handed_.front().block->first_position() <= indexed_ + 1) {
    CommittedBlock next = std::move(handed_.front());
    handed_.pop_front();
    handed_count_ -= next.block->entries_size();
    if (next.block->first_position() == indexed_ + 1) return next;
  }
  return std::nullopt;
}

void Pipeline::DropHanded() {
  handed_.clear();
  handed_count_ = 0;
}

}  // namespace bursar

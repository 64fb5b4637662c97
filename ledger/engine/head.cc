#include "ledger/engine/head.h"

#include <algorithm>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

constexpr size_t kRecentRequests = 65'536;
constexpr size_t kRecentEntries = 8'192;
// A group is closed when its entries reach this, so that a block stays small enough to be read as a whole.
constexpr size_t kGroupBytes = 8 << 20;

storage::v1::Entry* AddEntry(storage::v1::Block& block, Position position, absl::Time now, Events events) {
  storage::v1::Entry* entry = block.add_entries();
  entry->set_position(position);
  entry->set_commit_time(absl::ToUnixMicros(now));
  for (storage::v1::Event& event : events) *entry->add_events() = std::move(event);
  return entry;
}

// What is answered where nothing is written: as of the last entry, what `events` say.
Answer NothingWritten(const State& state, const Submission& submission, absl::Time now, Events events) {
  auto entry = std::make_shared<storage::v1::Entry>();
  entry->set_position(state.position);
  entry->set_commit_time(absl::ToUnixMicros(now));
  entry->set_principal(submission.principal.text());
  entry->set_request_id(submission.request_id);
  entry->set_fingerprint(submission.fingerprint);
  for (storage::v1::Event& event : events) *entry->add_events() = std::move(event);
  return entry;
}

}  // namespace

void Head::Replay(const storage::v1::Entry& entry, bool remember) {
  Evolve(state_, entry);
  if (remember && !entry.request_id().empty()) {
    recent_requests_.Add(RequestKey::Of(entry.principal(), entry.request_id()), entry);
  }
}

void Head::Start(const LogEnd& end, const RequestIndex* requests) {
  BURSAR_CHECK(state_.position == end.position);
  end_ = end;
  requests_ = requests;
}

Group Head::Decide(std::deque<Waiting>& waiting, absl::Time now, size_t group_capacity, Position durable,
                   Position indexed) {
  Group group;
  group.block = std::make_shared<storage::v1::Block>();
  // As precise as what is stored, and never before what was decided last.
  now = std::max(absl::FromUnixMicros(absl::ToUnixMicros(now)), state_.time);
  DecideDue(*group.block, now, group_capacity);
  size_t bytes = 0;
  // Where the group is full of what was due, more of it may be left, and nothing else is decided before that.
  while (!waiting.empty() && static_cast<size_t>(group.block->entries_size()) < group_capacity &&
         group.outcomes.size() < group_capacity && bytes < kGroupBytes) {
    const int entries = group.block->entries_size();
    group.outcomes.push_back(DecideOne(std::move(waiting.front()), group.block, now));
    waiting.pop_front();
    if (group.block->entries_size() > entries) bytes += group.block->entries(entries).ByteSizeLong();
  }
  if (group.block->entries_size() > 0) {
    group.stored = Seal(*group.block, end_);
    end_ = {.position = group.stored->last, .hash = group.stored->hash};
    Remember(group.block, durable);
  }
  recent_requests_.Forget(indexed, kRecentRequests);
  return group;
}

void Head::DecideDue(storage::v1::Block& block, absl::Time now, size_t group_capacity) {
  while (state_.NextDue() <= now && static_cast<size_t>(block.entries_size()) < group_capacity) {
    absl::StatusOr<Decision> due = bursar::Decide(state_, ExpireDue{}, Principal::System(), now);
    BURSAR_CHECK(due.ok() && !due->events.empty());
    storage::v1::Entry* entry = AddEntry(block, state_.position + 1, now, std::move(due->events));
    entry->set_principal(Principal::System().text());
    Append(entry);
  }
}

Outcome Head::DecideOne(Waiting waiting, const std::shared_ptr<storage::v1::Block>& block, absl::Time now) {
  const Submission& submission = waiting.submission;
  absl::StatusOr<std::optional<AnsweredRequest>> answered = FindAnswered(waiting);
  if (!answered.ok()) {
    return {.done = std::move(waiting.done), .answer = LedgerUnavailable("its request index cannot be read")};
  }
  if (*answered) {
    if ((*answered)->fingerprint != submission.fingerprint) {
      return {.done = std::move(waiting.done), .answer = RequestIdReused(submission.request_id)};
    }
    const Position position = (*answered)->position;
    return {.done = std::move(waiting.done), .answer = RecentEntry(position, block), .repeats = position};
  }
  absl::StatusOr<Decision> decision = bursar::Decide(state_, submission.command, submission.principal, now);
  if (!decision.ok()) return {.done = std::move(waiting.done), .answer = decision.status()};
  if (decision->repeats) {
    const Position position = *decision->repeats;
    return {.done = std::move(waiting.done), .answer = RecentEntry(position, block), .repeats = position};
  }
  if (decision->events.empty() || !decision->written) {
    return {.done = std::move(waiting.done),
            .answer = NothingWritten(state_, submission, now, std::move(decision->events))};
  }
  storage::v1::Entry* entry = AddEntry(*block, state_.position + 1, now, std::move(decision->events));
  entry->set_principal(submission.principal.text());
  entry->set_request_id(submission.request_id);
  entry->set_fingerprint(submission.fingerprint);
  Append(entry);
  if (!submission.request_id.empty()) recent_requests_.Add(waiting.key, *entry);
  return {.done = std::move(waiting.done), .answer = Answer(block, entry)};
}

absl::StatusOr<std::optional<AnsweredRequest>> Head::FindAnswered(const Waiting& waiting) const {
  if (waiting.submission.request_id.empty()) return std::optional<AnsweredRequest>();
  if (const AnsweredRequest* recent = recent_requests_.Find(waiting.key))
    return std::optional<AnsweredRequest>(*recent);
  return requests_->Find(waiting.key);
}

void Head::Append(storage::v1::Entry* entry) {
  Evolve(state_, *entry);
  BURSAR_CHECK(state_.position == entry->position() && absl::ToUnixMicros(state_.time) == entry->commit_time());
}

Answer Head::RecentEntry(Position position, const std::shared_ptr<storage::v1::Block>& block) const {
  if (position > end_.position) return Answer(block, &block->entries(static_cast<int>(position - end_.position - 1)));
  const Position before = end_.position - recent_entries_.size();
  return position > before ? recent_entries_[position - before - 1] : nullptr;
}

void Head::Remember(const std::shared_ptr<storage::v1::Block>& block, Position durable) {
  for (const storage::v1::Entry& entry : block->entries()) recent_entries_.emplace_back(block, &entry);
  while (recent_entries_.size() > kRecentEntries && recent_entries_.front()->position() <= durable) {
    recent_entries_.pop_front();
  }
}

}  // namespace bursar

#include "ledger/engine/head.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

bool ForgetsAtRestart() { return BURSAR_PLANTED(requests_forgotten_at_restart); }

constexpr size_t kRecentRequests = 65'536;
constexpr size_t kRecentEntries = 8'192;
// A group is closed when its entries reach this, so that a block stays small enough to be read as a whole.
constexpr size_t kGroupBytes = 8 << 20;

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
  if (remember && !entry.request_id().empty() && !ForgetsAtRestart()) {
    recent_requests_.Add(RequestKey::Of(entry.principal(), entry.request_id()), entry);
  }
}

void Head::Start(const LogEnd& end, const RequestIndex* requests) {
  BURSAR_CHECK(state_.position == end.position);
  end_ = end;
  requests_ = requests;
}

struct Head::Draft {
  Group group;
  size_t capacity = 0;
  size_t bytes = 0;

  bool full() const {
    return static_cast<size_t>(group.block->entries_size()) >= capacity || group.outcomes.size() >= capacity ||
           bytes >= kGroupBytes;
  }
};

Group Head::Decide(std::deque<Waiting>& waiting, absl::Time now, size_t group_capacity, Position durable,
                   Position indexed) {
  Draft draft{.capacity = group_capacity};
  draft.group.block = std::make_shared<storage::v1::Block>();
  // As precise as what is stored.
  now = absl::FromUnixMicros(absl::ToUnixMicros(now));
  if (!BURSAR_PLANTED(command_before_what_is_due)) DecideDue(draft, std::max(now, state_.time), Stamp::kNow);
  // Where the group is full of what was due, more of it may be left, and nothing else is decided before that.
  while (!waiting.empty() && !draft.full()) {
    // Never before what was decided last.
    const absl::Time time = BURSAR_PLANTED(clock_goes_back) ? now : std::max(now, state_.time);
    std::optional<Outcome> outcome = DecideOne(draft, waiting.front(), time);
    if (!outcome) break;
    draft.group.outcomes.push_back(*std::move(outcome));
    waiting.pop_front();
  }
  if (BURSAR_PLANTED(command_before_what_is_due)) DecideDue(draft, std::max(now, state_.time), Stamp::kNow);
  Group group = std::move(draft.group);
  if (group.block->entries_size() > 0) {
    group.stored = Seal(*group.block, end_);
    end_ = {.position = group.stored->last, .hash = group.stored->hash};
    Remember(group.block, durable);
  }
  recent_requests_.Forget(indexed, kRecentRequests);
  return group;
}

void Head::DecideDue(Draft& draft, absl::Time until, Stamp stamp) {
  while (state_.NextDue() <= until && !draft.full()) {
    const absl::Time time = stamp == Stamp::kNow ? until : std::max(state_.NextDue(), state_.time);
    absl::StatusOr<Decision> due = bursar::Decide(state_, ExpireDue{}, Principal::System(), time);
    BURSAR_CHECK(due.ok() && !due->events.empty());
    Append(draft, time, {.principal = Principal::System()}, std::move(due->events));
  }
}

std::optional<Outcome> Head::DecideOne(Draft& draft, Waiting& waiting, absl::Time now) {
  const Submission& submission = waiting.submission;
  absl::StatusOr<std::optional<AnsweredRequest>> answered = FindAnswered(waiting);
  if (!answered.ok()) {
    return Outcome{.done = std::move(waiting.done), .answer = LedgerUnavailable("its request index cannot be read")};
  }
  if (*answered) {
    if ((*answered)->fingerprint != submission.fingerprint && !BURSAR_PLANTED(other_body_gets_the_answer)) {
      return Outcome{.done = std::move(waiting.done), .answer = RequestIdReused(submission.request_id)};
    }
    const Position position = (*answered)->position;
    return Outcome{
        .done = std::move(waiting.done), .answer = RecentEntry(position, draft.group.block), .repeats = position};
  }
  if (std::holds_alternative<bursar::AdvanceClock>(submission.command)) return AdvanceClock(draft, waiting, now);
  absl::StatusOr<Decision> decision = bursar::Decide(state_, submission.command, submission.principal, now);
  if (!decision.ok()) return Outcome{.done = std::move(waiting.done), .answer = decision.status()};
  if (decision->repeats) {
    const Position position = *decision->repeats;
    return Outcome{
        .done = std::move(waiting.done), .answer = RecentEntry(position, draft.group.block), .repeats = position};
  }
  if (decision->events.empty() || !decision->written) {
    return Outcome{.done = std::move(waiting.done),
                   .answer = NothingWritten(state_, submission, now, std::move(decision->events))};
  }
  return Written(draft, waiting, now, std::move(decision->events));
}

std::optional<Outcome> Head::AdvanceClock(Draft& draft, Waiting& waiting, absl::Time now) {
  const Submission& submission = waiting.submission;
  if (!advance_) {
    absl::StatusOr<Decision> decision = bursar::Decide(state_, submission.command, submission.principal, now);
    if (!decision.ok()) return Outcome{.done = std::move(waiting.done), .answer = decision.status()};
    const int64_t to = decision->events.front().clock_advanced().to_time();
    advance_ = Advance{.to = absl::FromUnixMicros(to), .events = std::move(decision->events)};
  }
  DecideDue(draft, advance_->to, Stamp::kDueTime);
  if (draft.full()) return std::nullopt;
  const Advance advance = *std::exchange(advance_, std::nullopt);
  return Written(draft, waiting, advance.to, advance.events);
}

Outcome Head::Written(Draft& draft, Waiting& waiting, absl::Time time, std::vector<storage::v1::Event> events) {
  storage::v1::Entry* entry = Append(draft, time, waiting.submission, std::move(events));
  if (!waiting.submission.request_id.empty()) recent_requests_.Add(waiting.key, *entry);
  return {.done = std::move(waiting.done), .answer = Answer(draft.group.block, entry)};
}

absl::StatusOr<std::optional<AnsweredRequest>> Head::FindAnswered(const Waiting& waiting) const {
  if (waiting.submission.request_id.empty()) return std::optional<AnsweredRequest>();
  const AnsweredRequest* recent = recent_requests_.Find(waiting.key);
  if (BURSAR_PLANTED(repeats_found_in_the_index_only)) recent = nullptr;
  if (recent != nullptr) return std::optional<AnsweredRequest>(*recent);
  if (ForgetsAtRestart()) return std::optional<AnsweredRequest>();
  return requests_->Find(waiting.key);
}

storage::v1::Entry* Head::Append(Draft& draft, absl::Time time, const Submission& submission,
                                 std::vector<storage::v1::Event> events) {
  storage::v1::Entry* entry = draft.group.block->add_entries();
  entry->set_position(state_.position + 1);
  entry->set_commit_time(absl::ToUnixMicros(time));
  entry->set_principal(submission.principal.text());
  entry->set_request_id(submission.request_id);
  entry->set_fingerprint(submission.fingerprint);
  for (storage::v1::Event& event : events) *entry->add_events() = std::move(event);
  Evolve(state_, *entry);
  BURSAR_CHECK(state_.position == entry->position() && absl::ToUnixMicros(state_.time) == entry->commit_time());
  draft.bytes += entry->ByteSizeLong();
  return entry;
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

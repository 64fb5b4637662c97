#include "ledger/engine/ledger.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/wait.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/entry_cache.h"
#include "ledger/engine/head.h"
#include "ledger/log/block.h"
#include "ledger/projections/projections.h"
#include "ledger/projections/request_index.h"

namespace bursar {
namespace {

// How far the request index may be behind before the writer waits for it: bounds the requests kept in memory.
constexpr Position kMaxUnindexed = 131'072;
// Entries handed to the projections in memory; beyond that they read the log.
constexpr Position kMaxHanded = 16'384;
// So often it is looked whether to stop while the projections catch up from the log.
constexpr Position kFollowStep = 4'096;
// The durable state changes in slices of so many entries, so that readers never wait long.
constexpr int kEvolveSlice = 64;
constexpr size_t kCachedEntries = 8'192;
// A timer looks at the clock at least so often, since the clock may be set.
constexpr absl::Duration kLongestSleep = absl::Seconds(60);

struct CommittedBlock {
  std::shared_ptr<const storage::v1::Block> block;
  BlockHash hash;
};

absl::Status NotAnswered() { return LedgerUnavailable("writing to its log has failed"); }

// What deciding on this state would answer; nothing is written.
absl::StatusOr<Outcome> RehearseOn(const State& state, const Submission& submission, absl::Time now) {
  absl::StatusOr<Decision> decision = Decide(state, submission.command, submission.principal, now);
  if (!decision.ok()) return decision.status();
  if (decision->repeats) return Outcome{.answer = Answer(), .repeats = *decision->repeats};
  auto entry = std::make_shared<storage::v1::Entry>();
  entry->set_position(decision->events.empty() ? state.position : state.position + 1);
  entry->set_commit_time(absl::ToUnixMicros(now));
  entry->set_principal(submission.principal.text());
  entry->set_request_id(submission.request_id);
  entry->set_fingerprint(submission.fingerprint);
  for (storage::v1::Event& event : decision->events) *entry->add_events() = std::move(event);
  return Outcome{.answer = std::move(entry)};
}

void AnswerAll(const std::vector<Outcome>& outcomes, const absl::Status& status) {
  for (const Outcome& outcome : outcomes) outcome.done(status);
}

}  // namespace

// Three threads: the writer owns the head, the committer appends and changes the durable state, the follower drives
// the projections. What they share is guarded by mutex_, the durable state by its own lock.
class Ledger::Engine {
 public:
  Engine(Options options, Head head, State durable, std::unique_ptr<Projections> projections)
      : options_(std::move(options)),
        projections_(std::move(projections)),
        entries_(*options_.log, kCachedEntries),
        head_(std::move(head)),
        durable_(std::move(durable)),
        durable_position_(durable_.position),
        indexed_(projections_->position()) {
    writer_ = std::thread([this] { Write(); });
    committer_ = std::thread([this] { Commit(); });
    follower_ = std::thread([this] { Follow(); });
  }

  ~Engine() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    writer_.join();
    committer_.join();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      committed_all_ = true;
    }
    committed_.notify_all();
    follower_.join();
  }

  void Submit(Submission submission, Done done) {
    Waiting waiting{.submission = std::move(submission), .done = std::move(done)};
    if (!waiting.submission.request_id.empty()) {
      waiting.key = RequestKey::Of(waiting.submission.principal.text(), waiting.submission.request_id);
    }
    absl::Status refusal;
    bool wake = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (failure_) {
        refusal = NotAnswered();
      } else if (waiting_count_ >= options_.queue_capacity) {
        refusal = Overloaded();
      } else {
        queue_.push_back(std::move(waiting));
        ++waiting_count_;
        wake = std::exchange(writer_idle_, false);
      }
    }
    // It was moved only where it was not refused.
    if (!refusal.ok()) return waiting.done(refusal);  // NOLINT(bugprone-use-after-move)
    if (wake) work_.notify_one();
  }

  absl::StatusOr<Answer> Rehearse(const Submission& submission) {
    if (!submission.request_id.empty()) {
      absl::StatusOr<std::optional<AnsweredRequest>> answered = FindAnswered(submission);
      if (!answered.ok()) return answered.status();
      if (*answered && (*answered)->fingerprint != submission.fingerprint) {
        return RequestIdReused(submission.request_id);
      }
      if (*answered) return entries_.Get((*answered)->position);
    }
    absl::StatusOr<Outcome> outcome = RehearseDecision(submission);
    return outcome.ok() ? Resolve(*std::move(outcome)) : outcome.status();
  }

  void Read(const std::function<void(const State& state, absl::Time now)>& read) {
    const std::shared_lock<std::shared_mutex> lock = LockToRead();
    read(durable_, std::max(Now(), durable_.time));
  }

  absl::Status WaitFor(Position position, absl::Time deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (WaitUntil(durable_moved_, lock, deadline, [&] { return durable_position_ >= position; }))
      return absl::OkStatus();
    return absl::DeadlineExceededError(
        absl::StrCat("The ledger is at position ", durable_position_, ", not yet at ", position, "."));
  }

  // The writer looks at the clock before whatever it decides, so that asking for nothing is enough.
  absl::Status Tick() { return SubmitAndWait({.principal = Principal::System(), .command = ExpireDue{}}).status(); }

  absl::StatusOr<Answer> SubmitAndWait(Submission submission) {
    struct Reply {
      std::mutex mutex;
      std::condition_variable came;
      std::optional<absl::StatusOr<Answer>> answer;
    };
    const auto reply = std::make_shared<Reply>();
    Submit(std::move(submission), [reply](absl::StatusOr<Answer> answer) {
      const std::lock_guard<std::mutex> lock(reply->mutex);
      reply->answer = std::move(answer);
      reply->came.notify_one();
    });
    std::unique_lock<std::mutex> lock(reply->mutex);
    reply->came.wait(lock, [&] { return reply->answer.has_value(); });
    return *std::move(reply->answer);
  }

  std::unique_ptr<Following> AddFollower(Told told) {
    return followers_.Add(std::move(told), [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return durable_position_;
    });
  }

  const Projections& projections() const { return *projections_; }
  const EventLog& log() const { return *options_.log; }

 private:
  absl::Time Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(options_.clock->Now())); }

  // The writer
  // ---------------------------------------------------------------------------------------------------------

  void Write() {
    std::deque<Waiting> waiting;
    while (AwaitWork(waiting)) {
      const size_t before = waiting.size();
      Group group =
          head_.Decide(waiting, options_.clock->Now(), options_.group_capacity, known_durable_, known_indexed_);
      HandOver(std::move(group), before - waiting.size());
    }
    StopWriting(std::move(waiting));
  }

  // Waits until a group may be handed over and there is something for it; takes over all that is queued. False where
  // there is nothing more to do.
  bool AwaitWork(std::deque<Waiting>& waiting) {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [&] { return failure_ || (!slot_ && head_.state().position - indexed_ <= kMaxUnindexed); });
    while (!failure_ && !stopping_ && waiting.empty() && queue_.empty()) {
      const absl::Duration until_due = head_.state().NextDue() - options_.clock->Now();
      if (until_due <= absl::ZeroDuration()) break;
      writer_idle_ = true;
      WaitUntil(work_, lock, absl::Now() + std::min(until_due, kLongestSleep),
                [&] { return failure_ || stopping_ || !writer_idle_; });
      writer_idle_ = false;
    }
    for (Waiting& one : queue_) waiting.push_back(std::move(one));
    queue_.clear();
    known_durable_ = durable_position_;
    known_indexed_ = indexed_;
    return !failure_ && !(stopping_ && waiting.empty());
  }

  void HandOver(Group group, size_t decided) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_count_ -= decided;
      if (!failure_) {
        slot_ = std::move(group);
        group = Group();
      }
    }
    handed_over_.notify_one();
    AnswerAll(group.outcomes, NotAnswered());
  }

  void StopWriting(std::deque<Waiting> waiting) {
    std::vector<Outcome> unanswered;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (failure_ && slot_) {
        unanswered = std::move(slot_->outcomes);
        slot_.reset();
      }
      for (Waiting& one : queue_) waiting.push_back(std::move(one));
      queue_.clear();
    }
    AnswerAll(unanswered, NotAnswered());
    for (Waiting& one : waiting) one.done(NotAnswered());
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writer_stopped_ = true;
    }
    handed_over_.notify_one();
  }

  // The committer
  // ------------------------------------------------------------------------------------------------------

  void Commit() {
    while (std::optional<Group> group = AwaitGroup()) {
      if (group->stored) {
        if (absl::Status appended = options_.log->Append(*group->stored); !appended.ok()) {
          Fail(std::move(appended));
          AnswerAll(group->outcomes, NotAnswered());
          break;
        }
        Publish(group->block);
      }
      for (Outcome& outcome : group->outcomes) {
        const Done done = std::move(outcome.done);
        done(Resolve(std::move(outcome)));
      }
      if (group->stored) HandToFollower({.block = std::move(group->block), .hash = group->stored->hash});
    }
    ReportFailure();
  }

  // nullopt where there will be none.
  std::optional<Group> AwaitGroup() {
    std::optional<Group> group;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      handed_over_.wait(lock, [&] { return slot_ || writer_stopped_ || failure_; });
      if (!failure_) group = std::exchange(slot_, std::nullopt);
    }
    room_.notify_one();
    return group;
  }

  void Publish(const DurableBlock& published) {
    const storage::v1::Block& block = *published;
    for (int i = 0; i < block.entries_size();) {
      const std::lock_guard<std::mutex> turnstile(turnstile_);
      const std::unique_lock<std::shared_mutex> lock(durable_mutex_);
      for (const int end = std::min(i + kEvolveSlice, block.entries_size()); i < end; ++i) {
        Evolve(durable_, block.entries(i));
      }
    }
    followers_.Publish(published, [&] {
      const std::lock_guard<std::mutex> lock(mutex_);
      durable_position_ = block.entries(block.entries_size() - 1).position();
      durable_moved_.notify_all();
    });
  }

  absl::StatusOr<Answer> Resolve(Outcome outcome) {
    const bool read_back = outcome.answer.ok() && *outcome.answer == nullptr;
    return read_back ? entries_.Get(outcome.repeats) : std::move(outcome.answer);
  }

  void HandToFollower(CommittedBlock committed) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      handed_count_ += committed.block->entries_size();
      handed_.push_back(std::move(committed));
      if (handed_count_ > kMaxHanded) DropHanded();
    }
    committed_.notify_one();
  }

  void ReportFailure() {
    absl::Status failure;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      handed_over_.wait(lock, [&] { return writer_stopped_; });
      if (!failure_) return;
      failure = *failure_;
    }
    if (options_.on_failure) options_.on_failure(failure);
  }

  void Fail(absl::Status status) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!failure_) failure_ = std::move(status);
    }
    work_.notify_all();
    room_.notify_all();
    handed_over_.notify_all();
  }

  // The follower
  // -------------------------------------------------------------------------------------------------------

  void Follow() {
    while (true) {
      std::optional<CommittedBlock> next;
      Position target = 0;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        committed_.wait(lock, [&] { return committed_all_ || durable_position_ > indexed_; });
        if (committed_all_) return;
        next = TakeHanded();
        target = std::min(handed_.empty() ? durable_position_ : handed_.front().block->first_position() - 1,
                          indexed_ + kFollowStep);
      }
      absl::Status followed = next ? projections_->Take(*next->block, next->hash) : projections_->Follow(target);
      if (!followed.ok()) return Fail(std::move(followed));
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        indexed_ = projections_->position();
      }
      room_.notify_one();
    }
  }

  // The block after the last one taken in, where it is at hand. Needs mutex_.
  std::optional<CommittedBlock> TakeHanded() {
    while (!handed_.empty() && handed_.front().block->first_position() <= indexed_ + 1) {
      CommittedBlock next = std::move(handed_.front());
      handed_.pop_front();
      handed_count_ -= next.block->entries_size();
      if (next.block->first_position() == indexed_ + 1) return next;
    }
    return std::nullopt;
  }

  // Needs mutex_.
  void DropHanded() {
    handed_.clear();
    handed_count_ = 0;
  }

  // Readers
  // ------------------------------------------------------------------------------------------------------------

  // The turnstile keeps a stream of readers from shutting out the committer, who holds it while it waits.
  std::shared_lock<std::shared_mutex> LockToRead() {
    const std::lock_guard<std::mutex> turnstile(turnstile_);
    return std::shared_lock<std::shared_mutex>(durable_mutex_);
  }

  // As the request index says once it has taken in all that is durable now.
  absl::StatusOr<std::optional<AnsweredRequest>> FindAnswered(const Submission& submission) {
    Position durable = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (failure_) return NotAnswered();
      durable = durable_position_;
    }
    if (absl::Status indexed = projections_->WaitFor(durable, absl::Now() + absl::Seconds(10)); !indexed.ok()) {
      return LedgerUnavailable("its request index is behind");
    }
    return projections_->requests().Find(RequestKey::Of(submission.principal.text(), submission.request_id));
  }

  absl::StatusOr<Outcome> RehearseDecision(const Submission& submission) {
    const absl::Time now = Now();
    while (true) {
      {
        const std::shared_lock<std::shared_mutex> lock = LockToRead();
        if (durable_.NextDue() > now) return RehearseOn(durable_, submission, std::max(now, durable_.time));
      }
      if (absl::Status ticked = Tick(); !ticked.ok()) return ticked;
    }
  }

  const Options options_;
  const std::unique_ptr<Projections> projections_;
  EntryCache entries_;

  // Of the writer.
  Head head_;
  Position known_durable_ = 0;
  Position known_indexed_ = 0;

  std::mutex turnstile_;
  std::shared_mutex durable_mutex_;
  State durable_;
  // Taken before mutex_.
  Followers followers_;

  std::mutex mutex_;
  std::condition_variable work_;           // for the writer: something is queued, or all is over
  std::condition_variable room_;           // for the writer: the slot is free and the index not too far behind
  std::condition_variable handed_over_;    // for the committer
  std::condition_variable committed_;      // for the follower
  std::condition_variable durable_moved_;  // for readers
  std::vector<Waiting> queue_;
  size_t waiting_count_ = 0;  // queued or taken over, and not yet decided
  bool writer_idle_ = false;
  std::optional<Group> slot_;
  Position durable_position_;
  std::deque<CommittedBlock> handed_;
  Position handed_count_ = 0;
  Position indexed_;
  bool stopping_ = false;
  bool writer_stopped_ = false;
  bool committed_all_ = false;
  std::optional<absl::Status> failure_;

  std::thread writer_;
  std::thread committer_;
  std::thread follower_;
};

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(Options options) {
  BURSAR_CHECK(options.log != nullptr && options.clock != nullptr && options.group_capacity > 0);
  const Position all = options.log->Last().position;
  const auto report = [&](Position done) {
    if (options.on_replay) options.on_replay(done, all);
  };
  Head head;
  const absl::StatusOr<LogEnd> end = VerifiedRead(*options.log, [&](const storage::v1::Block& block) {
    for (const storage::v1::Entry& entry : block.entries()) head.Replay(entry, entry.position() + kMaxUnindexed > all);
    report(head.state().position);
    return absl::OkStatus();
  });
  if (!end.ok()) return end.status();

  absl::StatusOr<std::unique_ptr<Projections>> projections =
      Projections::Open(*options.log, options.projections_folder);
  if (!projections.ok()) return projections.status();
  // Requests further back than those remembered must be in the index before anything is decided.
  while ((*projections)->position() + kMaxUnindexed < all) {
    const Position step = std::min((*projections)->position() + kFollowStep, all - kMaxUnindexed);
    if (absl::Status followed = (*projections)->Follow(step); !followed.ok()) return followed;
    report((*projections)->position());
  }
  head.Start(*end, &(*projections)->requests());
  State durable = head.state();
  return std::unique_ptr<Ledger>(new Ledger(
      std::make_unique<Engine>(std::move(options), std::move(head), std::move(durable), *std::move(projections))));
}

Ledger::Ledger(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Ledger::~Ledger() = default;

void Ledger::Submit(Submission submission, Done done) { engine_->Submit(std::move(submission), std::move(done)); }

absl::StatusOr<Answer> Ledger::SubmitAndWait(Submission submission) {
  return engine_->SubmitAndWait(std::move(submission));
}

absl::StatusOr<Answer> Ledger::Rehearse(const Submission& submission) const { return engine_->Rehearse(submission); }

void Ledger::Read(const std::function<void(const State& state, absl::Time now)>& read) const { engine_->Read(read); }

absl::Status Ledger::WaitFor(Position position, absl::Time deadline) const {
  return engine_->WaitFor(position, deadline);
}

absl::Status Ledger::Tick() const { return engine_->Tick(); }

std::unique_ptr<Following> Ledger::Follow(Told told) const { return engine_->AddFollower(std::move(told)); }

const Projections& Ledger::projections() const { return engine_->projections(); }

const EventLog& Ledger::log() const { return engine_->log(); }

}  // namespace bursar

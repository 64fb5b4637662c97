#include "ledger/engine/engine.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/engine/rehearse.h"

namespace bursar {
namespace {

constexpr size_t kCachedEntries = 8'192;

Position PositionOf(const DurableState& durable) {
  Position position = 0;
  durable.Read([&](const State& state) { position = state.position; });
  return position;
}

std::unique_ptr<Checkpointer> MakeCheckpointer(const Ledger::Options& options, const Ledger::Recovery& recovery,
                                               Position durable) {
  if (options.checkpoints_folder.empty()) return nullptr;
  auto checkpointer = std::make_unique<Checkpointer>(Checkpointer::Options{.log = options.log,
                                                                           .folder = options.checkpoints_folder,
                                                                           .every = options.checkpoint_every,
                                                                           .warn = options.warn,
                                                                           .stepped = options.stepped},
                                                     recovery.checkpoint);
  checkpointer->Reached(durable);
  return checkpointer;
}

}  // namespace

Ledger::Engine::Engine(Options options, std::unique_ptr<Clock> manual_clock, Head head, State durable,
                       const Recovery& recovery, std::unique_ptr<Projections> projections)
    : options_(std::move(options)),
      manual_clock_(std::move(manual_clock)),
      recovery_(recovery),
      projections_(std::move(projections)),
      entries_(*options_.log, kCachedEntries),
      durable_(std::move(durable)),
      pipeline_(options_.queue_capacity, PositionOf(durable_), projections_->position()),
      checkpointer_(MakeCheckpointer(options_, recovery_, pipeline_.durable())),
      writer_(std::move(head), pipeline_, clock(), options_.group_capacity),
      committer_({.log = *options_.log,
                  .pipeline = pipeline_,
                  .durable = durable_,
                  .entries = entries_,
                  .followers = followers_,
                  .checkpointer = checkpointer_.get()},
                 options_.on_failure),
      projector_(*projections_, pipeline_) {
  if (options_.stepped) return;
  const auto run = [](auto& worker) {
    return std::thread([&worker] {
      while (worker.Turn(Patience::kWaits)) {
      }
    });
  };
  writing_ = run(writer_);
  committing_ = run(committer_);
  projecting_ = run(projector_);
}

Ledger::Engine::~Engine() {
  if (options_.stepped) {
    // As a crash: what was not answered is not known.
    pipeline_.Fail(LedgerUnavailable("it has ended"));
    writer_.Turn(Patience::kNone);
    return;
  }
  pipeline_.Stop();
  writing_.join();
  committing_.join();
  pipeline_.StopProjecting();
  projecting_.join();
  checkpointer_.reset();
  CheckpointAtEnd();
}

void Ledger::Engine::Submit(Submission submission, Done done) {
  Waiting waiting{.submission = std::move(submission), .done = std::move(done)};
  if (!waiting.submission.request_id.empty()) {
    waiting.key = RequestKey::Of(waiting.submission.principal.text(), waiting.submission.request_id);
  }
  if (options_.room && !MayGoOn(waiting.submission.command, options_.room())) return waiting.done(DiskLow());
  if (absl::Status entered = pipeline_.Enter(waiting); !entered.ok()) waiting.done(entered);
}

absl::StatusOr<Answer> Ledger::Engine::SubmitAndWait(Submission submission) {
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
  while (options_.stepped && !reply->answer.has_value()) BURSAR_CHECK(StepAny());
  std::unique_lock<std::mutex> lock(reply->mutex);
  reply->came.wait(lock, [&] { return reply->answer.has_value(); });
  return *std::move(reply->answer);
}

absl::StatusOr<Answer> Ledger::Engine::Rehearse(const Submission& submission) {
  if (!submission.request_id.empty()) {
    absl::StatusOr<std::optional<AnsweredRequest>> answered = FindAnswered(submission);
    if (!answered.ok()) return answered.status();
    if (*answered && (*answered)->fingerprint != submission.fingerprint) return RequestIdReused(submission.request_id);
    if (*answered) return entries_.Get((*answered)->position);
  }
  absl::StatusOr<Outcome> outcome = RehearseDecision(submission);
  return outcome.ok() ? Resolve(*std::move(outcome), entries_) : outcome.status();
}

void Ledger::Engine::Read(const std::function<void(const State& state, absl::Time now)>& read) {
  durable_.Read([&](const State& state) { read(state, std::max(Now(), state.time)); });
}

absl::Status Ledger::Engine::WaitFor(Position position, absl::Time deadline) {
  if (options_.stepped && deadline > absl::InfinitePast()) {
    while (pipeline_.durable() < position && StepAny()) {
    }
    deadline = absl::InfinitePast();
  }
  if (pipeline_.AwaitDurable(position, deadline)) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("The ledger is at position ", pipeline_.durable(), ", not yet at ", position, "."));
}

absl::Status Ledger::Engine::WaitForProjections(Position position, absl::Time deadline) {
  if (options_.stepped) {
    while (projections_->position() < position && projector_.Turn(Patience::kNone)) {
    }
    deadline = absl::InfinitePast();
  }
  return projections_->WaitFor(position, deadline);
}

// The writer looks at the clock before whatever it decides, so that asking for nothing is enough.
absl::Status Ledger::Engine::Tick() {
  return SubmitAndWait({.principal = Principal::System(), .command = ExpireDue{}}).status();
}

std::unique_ptr<Following> Ledger::Engine::AddFollower(Told told) {
  return followers_.Add(std::move(told), [this] { return pipeline_.durable(); });
}

void Ledger::Engine::WriteCheckpoint(Checkpointer::Done done) {
  if (checkpointer_ == nullptr) return done(absl::FailedPreconditionError("There is no folder for checkpoints."));
  checkpointer_->Write(std::move(done));
}

bool Ledger::Engine::Step(Worker worker) {
  BURSAR_CHECK(options_.stepped);
  switch (worker) {
    case Worker::kWriter:
      return writer_.Turn(Patience::kNone);
    case Worker::kCommitter:
      return committer_.Turn(Patience::kNone);
    case Worker::kProjector:
      return projector_.Turn(Patience::kNone);
    case Worker::kCheckpointer:
      return checkpointer_ != nullptr && checkpointer_->Turn(Patience::kNone);
  }
  return false;
}

bool Ledger::Engine::StepAny() { return Step(Worker::kWriter) || Step(Worker::kCommitter) || Step(Worker::kProjector); }

// So that opening again is quick. When all threads have ended.
void Ledger::Engine::CheckpointAtEnd() {
  const LogEnd end = options_.log->Last();
  durable_.Read([&](const State& state) {
    const bool worth_it = options_.checkpoint_every > 0 && !options_.checkpoints_folder.empty() &&
                          !pipeline_.failure() && state.position > 0 && state.position == end.position;
    if (!worth_it) return;
    const std::vector<Position> there = CheckpointsIn(options_.checkpoints_folder);
    if (!there.empty() && there.front() == end.position) return;
    const absl::Status written = bursar::WriteCheckpoint(options_.checkpoints_folder, state, end);
    if (!written.ok() && options_.warn) options_.warn(absl::StrCat("No checkpoint was written: ", written.message()));
  });
}

// As the request index says once it has taken in all that is durable now.
absl::StatusOr<std::optional<AnsweredRequest>> Ledger::Engine::FindAnswered(const Submission& submission) {
  if (pipeline_.failure()) return NotAnswered();
  if (!WaitForProjections(pipeline_.durable(), absl::Now() + absl::Seconds(10)).ok()) {
    return LedgerUnavailable("its request index is behind");
  }
  return projections_->requests().Find(RequestKey::Of(submission.principal.text(), submission.request_id));
}

absl::StatusOr<Outcome> Ledger::Engine::RehearseDecision(const Submission& submission) {
  const absl::Time now = Now();
  std::optional<absl::StatusOr<Outcome>> outcome;
  while (true) {
    durable_.Read([&](const State& state) {
      if (state.NextDue() > now) outcome = RehearseOn(state, submission, std::max(now, state.time));
    });
    if (outcome) return *std::move(outcome);
    if (absl::Status ticked = Tick(); !ticked.ok()) return ticked;
  }
}

}  // namespace bursar

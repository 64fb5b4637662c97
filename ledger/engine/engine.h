// A ledger's workers and what they share: the writer owns the head, the committer appends and changes the durable
// state, the projector drives the projections, the checkpointer writes checkpoints.
//
// Each has a thread, or, in a stepped ledger, its turns are taken by whoever calls.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/engine/checkpointer.h"
#include "ledger/engine/committer.h"
#include "ledger/engine/durable_state.h"
#include "ledger/engine/entry_cache.h"
#include "ledger/engine/followers.h"
#include "ledger/engine/head.h"
#include "ledger/engine/ledger.h"
#include "ledger/engine/pipeline.h"
#include "ledger/engine/projector.h"
#include "ledger/engine/writer.h"
#include "ledger/projections/request_index.h"

namespace bursar {

// Its functions are the ledger's.
class Ledger::Engine {
 public:
  Engine(Options options, std::unique_ptr<Clock> manual_clock, Head head, State durable, const Recovery& recovery,
         std::unique_ptr<Projections> projections);
  ~Engine();

  void Submit(Submission submission, Done done);
  absl::StatusOr<Answer> SubmitAndWait(Submission submission);
  absl::StatusOr<Answer> Rehearse(const Submission& submission);
  void Read(const std::function<void(const State& state, absl::Time now)>& read);
  absl::Status WaitFor(Position position, absl::Time deadline);
  absl::Status WaitForProjections(Position position, absl::Time deadline);
  absl::Status Tick();
  std::unique_ptr<Following> AddFollower(Told told);
  void WriteCheckpoint(Checkpointer::Done done);
  bool Step(Worker worker);

  const Recovery& recovery() const { return recovery_; }
  bool clock_is_manual() const { return manual_clock_ != nullptr; }
  const std::string& checkpoints_folder() const { return options_.checkpoints_folder; }
  const Projections& projections() const { return *projections_; }
  const EventLog& log() const { return *options_.log; }

 private:
  Clock& clock() const { return manual_clock_ != nullptr ? *manual_clock_ : *options_.clock; }
  absl::Time Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(clock().Now())); }
  // A turn of whichever worker has something to do; false where none has.
  bool StepAny();
  void CheckpointAtEnd();
  absl::StatusOr<std::optional<AnsweredRequest>> FindAnswered(const Submission& submission);
  absl::StatusOr<Outcome> RehearseDecision(const Submission& submission);

  const Options options_;
  const std::unique_ptr<Clock> manual_clock_;
  const Recovery recovery_;
  const std::unique_ptr<Projections> projections_;
  EntryCache entries_;
  DurableState durable_;
  Pipeline pipeline_;
  // Taken before what guards the pipeline.
  Followers followers_;
  // Null where there is no folder for checkpoints.
  std::unique_ptr<Checkpointer> checkpointer_;
  Writer writer_;
  Committer committer_;
  Projector projector_;
  // In this order; none in a stepped ledger. The last member: they use the others.
  std::thread writing_;
  std::thread committing_;
  std::thread projecting_;
};

}  // namespace bursar

// The ledger at work: a log, the state that follows from it, one writer, and the projections that follow the log.
// The server, the command line without a server, the tests and the benchmarks all hold one of these.
//
//   submit -> queue -> writer: decide group, evolve head -> committer: append, sync, evolve durable, answer
//
// The writer decides the next group while the committer syncs the last one. Readers see the durable state only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/engine/followers.h"
#include "ledger/engine/submission.h"
#include "ledger/log/event_log.h"
#include "ledger/projections/projections.h"

namespace bursar {

class Ledger {
 public:
  struct Options {
    // Outlive the ledger.
    EventLog* log = nullptr;
    Clock* clock = nullptr;
    // Folder of the projections, made where it is missing; may be deleted while the ledger is closed.
    // Empty keeps them in memory.
    std::string projections_folder;
    // Called once, from one of the ledger's threads, when an append has failed or the projections have. Everything
    // queued is answered UNAVAILABLE before. The server ends the process here.
    std::function<void(const absl::Status&)> on_failure;
    // Called from Open with the positions replayed so far and in all; once more from the beginning where the
    // projections have to be built again.
    std::function<void(Position done, Position all)> on_replay;
    // Commands that may wait; one more is refused as RESOURCE_EXHAUSTED.
    size_t queue_capacity = 65'536;
    // Entries in one block at most.
    size_t group_capacity = 4'096;
  };

  // Replays the log, verifying positions and the hash chain; DATA_LOSS names the first position that is wrong.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(Options options);

  // Answers what is queued, then stops. Nobody may be calling any longer.
  ~Ledger();

  // `done` is called once, from one of the ledger's threads, when the answer is durable; it must not block.
  // A refusal is answered when everything decided before it is durable. Where there is no room to wait, or nothing can
  // be appended any more, `done` is called before Submit returns.
  void Submit(Submission submission, Done done);

  // As Submit, and waits.
  absl::StatusOr<Answer> SubmitAndWait(Submission submission);

  // What Submit would answer at the durable position, without writing or remembering anything.
  absl::StatusOr<Answer> Rehearse(const Submission& submission) const;

  // Hands the durable state to `read`, with the time by which to judge it, while it does not change; keep it short.
  void Read(const std::function<void(const State& state, absl::Time now)>& read) const;

  // Waits until the durable state has reached `position`; DEADLINE_EXCEEDED where it does not by `deadline`.
  absl::Status WaitFor(Position position, absl::Time deadline) const;

  // Waits until whatever the clock has made due is durable. The writer looks by itself when time passes; this is for
  // clocks that are moved by hand.
  absl::Status Tick() const;

  // Follows what becomes durable, without a thread of its own: `told` is called once for every block after after(), in
  // order and without gaps, right after the durable state has taken it in. It is called by the thread that commits, so
  // it must be quick, must not block, and must not begin or end a following. What is older is read from log().
  std::unique_ptr<Following> Follow(Told told) const;

  // What the projections know; each says up to which position.
  const Projections& projections() const;

  const EventLog& log() const;

 private:
  class Engine;
  explicit Ledger(std::unique_ptr<Engine> engine);
  const std::unique_ptr<Engine> engine_;
};

}  // namespace bursar

// The ledger at work: a log, the state that follows from it, one writer, and the projections that follow the log.
// The server, the command line without a server, the tests and the benchmarks all hold one of these.
//
//   submit -> queue -> writer: decide group, evolve head -> committer: append, sync, evolve durable, answer
//                                                           -> projector: projections
//
// The writer decides the next group while the committer syncs the last one. Readers see the durable state only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/engine/followers.h"
#include "ledger/engine/room.h"
#include "ledger/engine/submission.h"
#include "ledger/log/event_log.h"
#include "ledger/projections/projections.h"

namespace bursar {

class Ledger {
 public:
  struct Options {
    // Outlive the ledger.
    EventLog* log = nullptr;
    // Null where the clock is manual.
    Clock* clock = nullptr;
    // For trying things out: time stands still until AdvanceClock moves it. It goes on where the log's last entry left
    // it; on an empty log it begins here, which becomes the first entry. Opening the log without it afterwards is
    // FAILED_PRECONDITION while `clock` says an earlier time than the last entry.
    std::optional<absl::Time> manual_clock;
    // Folder of the projections, made where it is missing; may be deleted while the ledger is closed.
    // Empty keeps them in memory.
    std::string projections_folder;
    // Folder of the checkpoints; empty for none. May be deleted at any time.
    std::string checkpoints_folder;
    // A checkpoint is written after so many entries, and when the ledger closes; 0: never by itself.
    Position checkpoint_every = 0;
    // Told, from any thread, what is not as it should be and does no harm; nobody where it is empty.
    Warn warn;
    // Called once, from one of the ledger's threads, when an append has failed or the projections have. Everything
    // queued is answered UNAVAILABLE before. The server ends the process here.
    std::function<void(const absl::Status&)> on_failure;
    // How full the disk is, asked before every command; plenty of room where it is empty. What may not go on then is
    // refused as RESOURCE_EXHAUSTED. Thread-safe and quick.
    std::function<Room()> room;
    // Called from Open with the positions replayed so far and in all; once more from the beginning where the
    // projections have to be built again.
    std::function<void(Position done, Position all)> on_replay;
    // Commands that may wait; one more is refused as RESOURCE_EXHAUSTED.
    size_t queue_capacity = 65'536;
    // Entries in one block at most.
    size_t group_capacity = 4'096;
    // Without threads: nothing happens but in Step and in what waits, in the thread that calls, so that one thread can
    // try every order of events. Its end is that of a process that is killed: nothing more is decided, appended or
    // written, and what is queued is answered UNAVAILABLE.
    bool stepped = false;
  };

  // Who does the work of a ledger.
  enum class Worker {
    kWriter,        // decides a group
    kCommitter,     // appends it and answers
    kProjector,     // has the projections take in a block
    kCheckpointer,  // writes a checkpoint
  };

  // Replays the log after the newest usable checkpoint, verifying positions and the hash chain; DATA_LOSS names the
  // first position that is wrong.
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

  // Waits until the projections have taken in `position`; as WaitFor.
  absl::Status WaitForProjections(Position position, absl::Time deadline) const;

  // Waits until whatever the clock has made due is durable. The writer looks by itself when time passes; this is for
  // clocks that are moved by hand.
  absl::Status Tick() const;

  // Follows what becomes durable, without a thread of its own: `told` is called once for every block after after(), in
  // order and without gaps, right after the durable state has taken it in. It is called by the thread that commits, so
  // it must be quick, must not block, and must not begin or end a following. What is older is read from log().
  std::unique_ptr<Following> Follow(Told told) const;

  // Writes a checkpoint as of what is durable now, while everything else goes on. `done` is called once, with its
  // position, from one of the ledger's threads; FAILED_PRECONDITION without a folder, UNAVAILABLE where the ledger ends
  // before.
  void WriteCheckpoint(std::function<void(absl::StatusOr<Position>)> done) const;

  // Of a stepped ledger: one turn of the worker, if there is something for it to do now; whether there was. Not from
  // within a call of the ledger's.
  bool Step(Worker worker);

  // How opening went.
  struct Recovery {
    // Of the checkpoint that it began with; 0 for none.
    Position checkpoint = 0;
    // Entries read after it.
    Position replayed = 0;
  };
  const Recovery& recovery() const;

  bool clock_is_manual() const;

  // As in Options, for StateAt.
  const std::string& checkpoints_folder() const;

  // What the projections know; each says up to which position.
  const Projections& projections() const;

  const EventLog& log() const;

 private:
  class Engine;
  explicit Ledger(std::unique_ptr<Engine> engine);
  const std::unique_ptr<Engine> engine_;
};

}  // namespace bursar

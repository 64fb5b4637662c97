// What the ledger's workers hand to each other, and how far each of them is:
//
//   queue of submissions -> writer -> one group -> committer -> durable blocks -> projector
//
// Every worker takes its work from here. It waits for it, or is told that there is none for now.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/engine/followers.h"
#include "ledger/engine/head.h"
#include "ledger/log/event_log.h"

namespace bursar {

// How far the request index may be behind before the writer waits for it: bounds the requests kept in memory.
inline constexpr Position kMaxUnindexed = 131'072;

// Whether a worker that has nothing to do stays until it has.
enum class Patience { kNone, kWaits };

// kNone comes only without patience; kOver means that nothing will come any more.
enum class Work { kSome, kNone, kOver };

struct CommittedBlock {
  DurableBlock block;
  BlockHash hash;
};

// What everybody is told whose command was not answered before an append failed.
absl::Status NotAnswered();
void AnswerAll(const std::vector<Outcome>& outcomes, const absl::Status& status);

// Thread-safe.
class Pipeline {
 public:
  struct Reached {
    Position durable = 0;
    Position indexed = 0;
  };
  // What the projections are to take in next: a block that is at hand, else what the log holds up to `target`.
  struct Uncollected {
    std::optional<CommittedBlock> block;
    Position target = 0;
  };

  Pipeline(size_t queue_capacity, Position durable, Position indexed)
      : queue_capacity_(queue_capacity), durable_(durable), indexed_(indexed) {}

  // Takes the submission into the queue; refused ones are left as they are.
  absl::Status Enter(Waiting& waiting);

  // For the writer, which has decided everything up to `decided`: waits until a group may be handed over and there is
  // something for it, then adds to `taken` all that is queued. `until_due` says when time brings about something.
  Work TakeQueued(std::deque<Waiting>& taken, Position decided, const std::function<absl::Duration()>& until_due,
                  Patience patience, Reached& reached);
  // The group of which `decided` submissions are; given back where it can no longer be appended.
  std::optional<Group> HandOver(Group group, size_t decided);
  // The writer's last call: what it leaves unanswered.
  struct Unanswered {
    std::vector<Outcome> outcomes;
    std::vector<Waiting> waiting;
  };
  Unanswered Empty();
  void WriterStopped();

  // For the committer.
  Work TakeGroup(std::optional<Group>& group, Patience patience);
  void Committed(Position durable);
  void HandToProjector(CommittedBlock committed);
  // Whether the writer has answered what it will not decide. Without patience false means not yet.
  bool AwaitWriterStopped(Patience patience);

  // For the projector.
  Work TakeUncollected(Uncollected& next, Patience patience);
  void Projected(Position indexed);

  // Nothing is taken in, appended or answered with OK from now on. The first failure counts.
  void Fail(absl::Status status);
  std::optional<absl::Status> failure() const;

  // What is queued is still decided and committed, then the writer's work is over, then the committer's.
  void Stop();
  // The projector's work is over.
  void StopProjecting();

  Position durable() const;
  // Whether the durable position came so far by `deadline`.
  bool AwaitDurable(Position position, absl::Time deadline) const;

 private:
  // These need mutex_.
  std::optional<CommittedBlock> TakeHanded();
  void DropHanded();

  const size_t queue_capacity_;

  mutable std::mutex mutex_;
  std::condition_variable work_;                   // for the writer: something is queued, or all is over
  std::condition_variable room_;                   // for the writer: the slot is free and the index not too far behind
  std::condition_variable handed_over_;            // for the committer
  std::condition_variable committed_;              // for the projector
  mutable std::condition_variable durable_moved_;  // for readers
  std::vector<Waiting> queue_;
  size_t waiting_count_ = 0;  // queued or taken over, and not yet decided
  bool writer_idle_ = false;
  std::optional<Group> slot_;
  Position durable_;
  std::deque<CommittedBlock> handed_;
  Position handed_count_ = 0;
  Position indexed_;
  bool stopping_ = false;
  bool writer_stopped_ = false;
  bool committed_all_ = false;
  std::optional<absl::Status> failure_;
};

}  // namespace bursar

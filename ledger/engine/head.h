// The state after everything decided, durable or not, and the deciding: commands go in, groups come out that are
// appended as one block and answered together.
//
// Used by one thread at a time; knows no clock.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/state.h"
#include "ledger/engine/recent_requests.h"
#include "ledger/engine/submission.h"
#include "ledger/log/event_log.h"
#include "ledger/projections/request_index.h"

namespace bursar {

// A submission in the queue.
struct Waiting {
  Submission submission;
  RequestKey key;
  Done done;
};

// What to tell one caller once its group is durable.
struct Outcome {
  Done done;
  // Empty where the entry at `repeats` has to be read from the log.
  absl::StatusOr<Answer> answer;
  Position repeats = 0;
};

// What was decided together. Without entries there is nothing to append, and the outcomes still wait their turn.
struct Group {
  // The answers point into it.
  std::shared_ptr<storage::v1::Block> block;
  std::optional<StoredBlock> stored;
  std::vector<Outcome> outcomes;
};

class Head {
 public:
  Head() = default;
  // Begins at a state that follows from the log up to some block's end.
  explicit Head(State state) : state_(std::move(state)) {}

  // Takes in an entry of the log, in recovery. `remember` it where the request index may not have it.
  void Replay(const storage::v1::Entry& entry, bool remember);
  // Ends recovery: `end` is that of the replayed log; `requests` outlives the head.
  void Start(const LogEnd& end, const RequestIndex* requests);

  // Decides what time brought about by `now`, then commands from the front of `waiting`, until it is empty or the group
  // full. `durable` and `indexed` say how far the log and the request index are.
  Group Decide(std::deque<Waiting>& waiting, absl::Time now, size_t group_capacity, Position durable, Position indexed);

  const State& state() const { return state_; }

 private:
  // The group that is being filled.
  struct Draft;
  // A clock on its way to where a command moves it. It may take several groups until all that is due on the way has
  // been decided.
  struct Advance {
    absl::Time to;
    std::vector<storage::v1::Event> events;
  };
  enum class Stamp { kNow, kDueTime };

  // What is due by `until`, until the group is full: as of then, or each at its own time.
  void DecideDue(Draft& draft, absl::Time until, Stamp stamp);
  // nullopt where the group is full before all is decided that the command brings about; it has to wait then.
  std::optional<Outcome> DecideOne(Draft& draft, Waiting& waiting, absl::Time now);
  std::optional<Outcome> AdvanceClock(Draft& draft, Waiting& waiting, absl::Time now);
  Outcome Written(Draft& draft, Waiting& waiting, absl::Time time, std::vector<storage::v1::Event> events);
  absl::StatusOr<std::optional<AnsweredRequest>> FindAnswered(const Waiting& waiting) const;
  // Adds what follows from the submission to the group and to the state.
  storage::v1::Entry* Append(Draft& draft, absl::Time time, const Submission& submission,
                             std::vector<storage::v1::Event> events);
  // nullptr where the entry is not among the last ones.
  Answer RecentEntry(Position position, const std::shared_ptr<storage::v1::Block>& block) const;
  void Remember(const std::shared_ptr<storage::v1::Block>& block, Position durable);

  State state_;
  LogEnd end_;
  const RequestIndex* requests_ = nullptr;
  std::optional<Advance> advance_;
  RecentRequests recent_requests_;
  // The last entries decided before the group at hand, without gaps; among them all that are not durable.
  std::deque<Answer> recent_entries_;
};

}  // namespace bursar

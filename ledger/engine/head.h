// The state after everything decided, durable or not, and the deciding: commands go in, groups come out that are
// appended as one block and answered together.
//
// Used by one thread at a time; knows no clock.
#pragma once

#include <deque>
#include <memory>
#include <optional>
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
  // Takes in an entry of the log, in recovery. `remember` it where the request index may not have it.
  void Replay(const storage::v1::Entry& entry, bool remember);
  // Ends recovery: `end` is that of the replayed log; `requests` outlives the head.
  void Start(const LogEnd& end, const RequestIndex* requests);

  // Decides what time brought about by `now`, then commands from the front of `waiting`, until it is empty or the group
  // full. `durable` and `indexed` say how far the log and the request index are.
  Group Decide(std::deque<Waiting>& waiting, absl::Time now, size_t group_capacity, Position durable, Position indexed);

  const State& state() const { return state_; }

 private:
  void DecideDue(storage::v1::Block& block, absl::Time now, size_t group_capacity);
  Outcome DecideOne(Waiting waiting, const std::shared_ptr<storage::v1::Block>& block, absl::Time now);
  absl::StatusOr<std::optional<AnsweredRequest>> FindAnswered(const Waiting& waiting) const;
  void Append(storage::v1::Entry* entry);
  // nullptr where the entry is not among the last ones.
  Answer RecentEntry(Position position, const std::shared_ptr<storage::v1::Block>& block) const;
  void Remember(const std::shared_ptr<storage::v1::Block>& block, Position durable);

  State state_;
  LogEnd end_;
  const RequestIndex* requests_ = nullptr;
  RecentRequests recent_requests_;
  // The last entries decided before the group at hand, without gaps; among them all that are not durable.
  std::deque<Answer> recent_entries_;
};

}  // namespace bursar

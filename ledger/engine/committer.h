// Makes one group after the other durable, lets everybody see it, and only then answers it.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "ledger/engine/checkpointer.h"
#include "ledger/engine/durable_state.h"
#include "ledger/engine/entry_cache.h"
#include "ledger/engine/followers.h"
#include "ledger/engine/pipeline.h"
#include "ledger/log/event_log.h"

namespace bursar {

// The entry that answers, read from the log where it is not at hand.
absl::StatusOr<Answer> Resolve(Outcome outcome, EntryCache& entries);

// Used by one thread at a time.
class Committer {
 public:
  // All outlive it.
  struct Parts {
    EventLog& log;
    Pipeline& pipeline;
    DurableState& durable;
    EntryCache& entries;
    Followers& followers;
    // May be null.
    Checkpointer* checkpointer = nullptr;
  };
  // `on_failure` is told why nothing more is appended, once everything queued is answered; may be empty.
  Committer(const Parts& parts, std::function<void(const absl::Status&)> on_failure)
      : parts_(parts), on_failure_(std::move(on_failure)) {}

  // One group. False where there was nothing to do; with patience, where there never will be again.
  bool Turn(Patience patience);

 private:
  void Commit(Group group);
  void Publish(const DurableBlock& block);
  void Answer(Group& group);
  bool End(Patience patience);

  const Parts parts_;
  const std::function<void(const absl::Status&)> on_failure_;
  bool over_ = false;
};

}  // namespace bursar

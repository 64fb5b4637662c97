#include "ledger/engine/committer.h"

#include <optional>
#include <utility>

#include "ledger/base/planted.h"

namespace bursar {
namespace {

absl::Status Append(EventLog& log, const StoredBlock& block) {
  if (BURSAR_PLANTED(answer_before_commit)) {
    static std::optional<StoredBlock> late;
    const std::optional<StoredBlock> before = std::exchange(late, block);
    return before ? log.Append(*before) : absl::OkStatus();
  }
  return log.Append(block);
}

}  // namespace

absl::StatusOr<Answer> Resolve(Outcome outcome, EntryCache& entries) {
  const bool read_back = outcome.answer.ok() && *outcome.answer == nullptr;
  return read_back ? entries.Get(outcome.repeats) : std::move(outcome.answer);
}

bool Committer::Turn(Patience patience) {
  if (over_) return false;
  std::optional<Group> group;
  const Work work = parts_.pipeline.TakeGroup(group, patience);
  if (work == Work::kNone) return false;
  if (work == Work::kOver) return End(patience);
  Commit(*std::move(group));
  return true;
}

void Committer::Commit(Group group) {
  if (BURSAR_PLANTED(answer_before_append)) Answer(group);
  if (BURSAR_PLANTED(apply_before_durable) && group.stored) Publish(group.block);
  if (group.stored) {
    if (absl::Status appended = Append(parts_.log, *group.stored); !appended.ok()) {
      if (!BURSAR_PLANTED(go_on_after_failed_append)) parts_.pipeline.Fail(std::move(appended));
      return AnswerAll(group.outcomes, NotAnswered());
    }
    if (!BURSAR_PLANTED(apply_before_durable)) Publish(group.block);
  }
  Answer(group);
  if (group.stored) parts_.pipeline.HandToProjector({.block = std::move(group.block), .hash = group.stored->hash});
}

void Committer::Answer(Group& group) {
  for (Outcome& outcome : group.outcomes) {
    const Done done = std::move(outcome.done);
    done(Resolve(std::move(outcome), parts_.entries));
  }
  group.outcomes.clear();
}

void Committer::Publish(const DurableBlock& block) {
  parts_.durable.Take(*block);
  const Position last = block->entries(block->entries_size() - 1).position();
  parts_.followers.Publish(block, [&] { parts_.pipeline.Committed(last); });
  if (parts_.checkpointer != nullptr) parts_.checkpointer->Reached(last);
}

bool Committer::End(Patience patience) {
  if (!parts_.pipeline.AwaitWriterStopped(patience)) return false;
  over_ = true;
  const std::optional<absl::Status> failure = parts_.pipeline.failure();
  if (failure && on_failure_) on_failure_(*failure);
  return true;
}

}  // namespace bursar

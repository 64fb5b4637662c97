#include "ledger/engine/writer.h"

#include <optional>

namespace bursar {

bool Writer::Turn(Patience patience) {
  if (over_) return false;
  const auto until_due = [this] { return head_.state().NextDue() - clock_.Now(); };
  Pipeline::Reached reached;
  const Work work = pipeline_.TakeQueued(waiting_, head_.state().position, until_due, patience, reached);
  if (work == Work::kNone) return false;
  if (work == Work::kOver) {
    Stop();
    return true;
  }
  const size_t before = waiting_.size();
  Group group = head_.Decide(waiting_, clock_.Now(), group_capacity_, reached.durable, reached.indexed);
  const std::optional<Group> refused = pipeline_.HandOver(std::move(group), before - waiting_.size());
  if (refused) AnswerAll(refused->outcomes, NotAnswered());
  return true;
}

void Writer::Stop() {
  const Pipeline::Unanswered unanswered = pipeline_.Empty();
  AnswerAll(unanswered.outcomes, NotAnswered());
  for (const Waiting& one : waiting_) one.done(NotAnswered());
  for (const Waiting& one : unanswered.waiting) one.done(NotAnswered());
  waiting_.clear();
  pipeline_.WriterStopped();
  over_ = true;
}

}  // namespace bursar

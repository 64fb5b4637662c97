#include "ledger/engine/rehearse.h"

#include <memory>
#include <utility>

#include "ledger/domain/decide.h"

namespace bursar {

absl::StatusOr<Outcome> RehearseOn(const State& state, const Submission& submission, absl::Time now) {
  absl::StatusOr<Decision> decision = Decide(state, submission.command, submission.principal, now);
  if (!decision.ok()) return decision.status();
  if (decision->repeats) return Outcome{.answer = Answer(), .repeats = *decision->repeats};
  auto entry = std::make_shared<storage::v1::Entry>();
  const bool written = decision->written && !decision->events.empty();
  entry->set_position(written ? state.position + 1 : state.position);
  entry->set_commit_time(absl::ToUnixMicros(now));
  entry->set_principal(submission.principal.text());
  entry->set_request_id(submission.request_id);
  entry->set_fingerprint(submission.fingerprint);
  for (storage::v1::Event& event : decision->events) *entry->add_events() = std::move(event);
  return Outcome{.answer = std::move(entry)};
}

}  // namespace bursar

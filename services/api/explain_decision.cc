// FinanceService.ExplainDecision.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/explain.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/state_at.h"
#include "ledger/log/block.h"
#include "ledger/projections/books.h"
#include "services/api/explain_methods.h"
#include "services/api/explanation.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// Decisions on record ------------------------------------------------------------------------------------------------

// Whose action an entry decided on, who pays, and where it stands on record where that is elsewhere.
struct Concerned {
  UserId user;
  BillingAccountId payer;
  Position recorded_at = 0;
};

template <class Kind>
Concerned ConcernedBy(const Kind& event) {
  return {.user = UserId::Trusted(event.user_id()), .payer = BillingAccountId::Trusted(event.billing_account())};
}

// Nobody where the entry is no decision.
Concerned ConcernedBy(const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (event.has_hold_placed()) return ConcernedBy(event.hold_placed());
    if (event.has_hold_captured()) return ConcernedBy(event.hold_captured());
    if (event.has_usage_charged()) return ConcernedBy(event.usage_charged());
    if (event.has_hold_extended()) {
      return {.user = {}, .payer = BillingAccountId::Trusted(event.hold_extended().billing_account())};
    }
    if (event.has_action_denied()) {
      Concerned concerned = ConcernedBy(event.action_denied());
      concerned.recorded_at = event.action_denied().recorded_at();
      return concerned;
    }
  }
  return {};
}

absl::Status Stranger(Position position) {
  return PermissionDenied(absl::StrCat("have the entry at position ", position, " explained"));
}

// The entry to explain; a denial that was not written itself leads to the one that was. Strangers get the same answer
// for what is there and what is not.
absl::StatusOr<Entry> FindDecision(const Ledger& ledger, const Call& call, Position position) {
  const bool staff = IsStaff(call.principal);
  Position last = 0;
  ledger.Read([&](const State& state, absl::Time) { last = state.position; });
  if (position > last) {
    if (!staff) return Stranger(position);
    return InvalidField("position", absl::StrCat("lies beyond the last entry, ", last));
  }
  auto entry = ReadEntry(ledger.log(), position);
  if (!entry.ok()) return entry.status();
  const Concerned concerned = ConcernedBy(*entry);
  if (concerned.recorded_at != 0 && concerned.recorded_at < position)
    return FindDecision(ledger, call, concerned.recorded_at);
  if (!concerned.payer.empty()) return entry;
  if (!staff) return Stranger(position);
  return InvalidField("position", "is no decision: no denial, hold, extension, capture or usage stands there");
}

// What a user may know whose own action was denied, and who does not see what the payer has.
v1::ExplainDecisionResponse OwnDenial(const Entry& entry) {
  v1::ExplainDecisionResponse response;
  const auto& denied = EventOf(entry, Event::kActionDenied).action_denied();
  *response.mutable_decision() = ToDenial(denied, entry.position());
  std::vector<std::string> rules;
  for (const auto& binding : denied.bindings())
    rules.push_back(absl::StrCat(binding.rule(), " (", binding.reason(), ")"));
  response.set_summary(absl::StrCat(denied.action(), " of ", denied.user_id(),
                                    " was denied by: ", absl::StrJoin(rules, "; "), ". ", denied.remedy()));
  response.set_on_record(true);
  response.set_position(entry.position());
  *response.mutable_time() = ToTimestamp(entry.commit_time());
  return response;
}

absl::StatusOr<v1::ExplainDecisionResponse> ExplainOnRecord(const Ledger& ledger, const Call& call,
                                                            const v1::ExplainDecisionRequest& request) {
  const auto entry = FindDecision(ledger, call, request.position());
  if (!entry.ok()) return entry.status();
  const Concerned concerned = ConcernedBy(*entry);
  bool sees_account = false;
  ledger.Read([&](const State& state, absl::Time) {
    sees_account = MayReadAccount(state, call.principal, concerned.payer).ok();
  });
  if (!sees_account) {
    const bool own = call.principal.user() == concerned.user;
    if (own && EventOf(*entry, Event::kActionDenied).has_action_denied()) return OwnDenial(*entry);
    return Stranger(request.position());
  }
  const auto before = StateAt(ledger.log(), ledger.checkpoints_folder(), entry->position() - 1);
  if (!before.ok()) return before.status();
  EntriesRead entries(ledger.log());
  const auto explanation =
      ExplainEntry(*before, *entry, [&entries](Position position) { return entries.Find(position); });
  if (!explanation.ok()) return explanation.status();
  BURSAR_CHECK(explanation->has_value());
  v1::ExplainDecisionResponse response = ToExplanation(**explanation, entry->position());
  const Event& denied = EventOf(*entry, Event::kActionDenied);
  const bool gated = denied.has_action_denied() || EventOf(*entry, Event::kHoldPlaced).has_hold_placed() ||
                     EventOf(*entry, Event::kHoldExtended).has_hold_extended();
  if (gated) *response.mutable_decision() = ToDecision(*entry);
  response.set_on_record(true);
  return WithOrigins(ledger, call, **explanation, request.most_charges(), std::move(response));
}

// What might have been asked for -------------------------------------------------------------------------------------

// What is due by then has happened, though no entry says so yet.
void LetTimePass(State& state, absl::Time now) {
  while (state.NextDue() <= now) {
    auto due = Decide(state, ExpireDue{}, Principal::System(), now);
    BURSAR_CHECK(due.ok() && !due->events.empty());
    Entry entry;
    entry.set_position(state.position + 1);
    entry.set_commit_time(absl::ToUnixMicros(now));
    entry.set_principal(Principal::System().text());
    entry.mutable_events()->Assign(due->events.begin(), due->events.end());
    Evolve(state, entry);
  }
}

struct Moment {
  Position position = 0;
  absl::Time time;
};

absl::StatusOr<Moment> MomentAsked(const Ledger& ledger, const Call& call, const v1::ExplainDecisionRequest& request) {
  Moment last;
  ledger.Read([&](const State& state, absl::Time now) { last = {.position = state.position, .time = now}; });
  if (request.as_of_case() == v1::ExplainDecisionRequest::AS_OF_NOT_SET) return last;
  if (request.at_position() > last.position)
    return InvalidField("at_position", absl::StrCat("lies beyond the last entry, ", last.position));
  if (request.has_at_time() && ParseTime(request.at_time()) > last.time)
    return InvalidField("at_time", "must not lie in the future");
  const absl::Time latest = std::min(call.deadline, absl::Now() + absl::Seconds(10));
  if (!ledger.WaitForProjections(last.position, latest).ok()) return LedgerUnavailable("its books are behind");
  const Books& books = ledger.projections().books();
  const auto as_of = request.has_at_time() ? books.At(ParseTime(request.at_time())) : books.At(request.at_position());
  if (!as_of.ok()) return as_of.status();
  return Moment{.position = as_of->position, .time = as_of->time};
}

// Staff may ask about anybody, a user about its own actions, and about those of others on an account that it sees.
absl::Status MayAskAbout(const State& now, const Call& call, const GatedAction& asked) {
  if (IsStaff(call.principal) || call.principal.user() == asked.user) return absl::OkStatus();
  if (asked.bill_to.empty()) return PermissionDenied(absl::StrCat("act for ", asked.user.text()));
  return MayReadAccount(now, call.principal, asked.bill_to);
}

absl::StatusOr<v1::ExplainDecisionResponse> ExplainMoment(const Ledger& ledger, const Call& call,
                                                          const v1::ExplainDecisionRequest& request) {
  const auto asked = ParseGatedAction(call, "gated_action", request.gated_action());
  if (!asked.ok()) return asked.status();
  absl::Status may;
  ledger.Read([&](const State& state, absl::Time) { may = MayAskAbout(state, call, *asked); });
  if (!may.ok()) return may;
  const auto moment = MomentAsked(ledger, call, request);
  if (!moment.ok()) return moment.status();
  auto state = StateAt(ledger.log(), ledger.checkpoints_folder(), moment->position);
  if (!state.ok()) return state.status();
  LetTimePass(*state, moment->time);

  const BillingAccountId payer = PayerOf(*state, *asked);
  ledger.Read([&](const State& now, absl::Time) { may = MayReadAccount(now, call.principal, payer); });
  if (!may.ok()) return may;
  const Purpose purpose = request.hold() ? Purpose::kHold : Purpose::kCheck;
  auto explanation = ExplainAction(*state, *asked, purpose, moment->time);
  if (!explanation.ok()) return explanation.status();
  explanation->before = moment->position;
  return WithOrigins(ledger, call, *explanation, request.most_charges(), ToExplanation(*explanation, moment->position));
}

absl::StatusOr<v1::ExplainDecisionResponse> ExplainDecision(const Ledger& ledger, const Call& call,
                                                            const v1::ExplainDecisionRequest& request) {
  return request.has_gated_action() ? ExplainMoment(ledger, call, request) : ExplainOnRecord(ledger, call, request);
}

}  // namespace

absl::StatusOr<Entry> ReadEntry(const EventLog& log, Position position) {
  Entry found;
  const absl::Status read = log.Read(position, [&](const StoredBlock& stored) -> absl::Status {
    auto block = Decode(stored);
    if (!block.ok()) return block.status();
    for (Entry& entry : *block->mutable_entries()) {
      if (entry.position() == position) found = std::move(entry);
    }
    return absl::CancelledError("found");
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  if (found.position() != position) return absl::NotFoundError("There is no such entry.");
  return found;
}

const Entry* EntriesRead::Find(Position position) {
  if (const auto found = entries_.find(position); found != entries_.end()) return &found->second;
  auto entry = ReadEntry(log_, position);
  return entry.ok() ? &entries_.emplace(position, *std::move(entry)).first->second : nullptr;
}

void AddExplainDecision(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::ExplainDecisionRequest, v1::ExplainDecisionResponse>(
      [&ledger](const Call& call, const v1::ExplainDecisionRequest& request) {
        return ExplainDecision(ledger, call, request);
      });
}

}  // namespace bursar

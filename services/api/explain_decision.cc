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
#include "ledger/projections/origins.h"
#include "services/api/explain_methods.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

constexpr size_t kMostHolds = 100;
constexpr int32_t kUsualCharges = 10;

// Rendering ----------------------------------------------------------------------------------------------------------

v1::ExplainDecisionResponse::Kind ToKind(Explanation::What what) {
  switch (what) {
    case Explanation::What::kCheck:
      return v1::ExplainDecisionResponse::KIND_CHECK;
    case Explanation::What::kHold:
      return v1::ExplainDecisionResponse::KIND_HOLD;
    case Explanation::What::kExtension:
      return v1::ExplainDecisionResponse::KIND_EXTENSION;
    case Explanation::What::kCapture:
      return v1::ExplainDecisionResponse::KIND_CAPTURE;
    case Explanation::What::kUsage:
      return v1::ExplainDecisionResponse::KIND_USAGE;
  }
  BURSAR_CHECK(!"an unknown kind of decision");
}

v1::ExplainedCredit::Standing ToStanding(ExplainedCredit::Standing standing) {
  switch (standing) {
    case ExplainedCredit::Standing::kCounts:
      return v1::ExplainedCredit::STANDING_COUNTS;
    case ExplainedCredit::Standing::kRestricted:
      return v1::ExplainedCredit::STANDING_RESTRICTED;
    case ExplainedCredit::Standing::kNotYetEffective:
      return v1::ExplainedCredit::STANDING_NOT_YET_EFFECTIVE;
    case ExplainedCredit::Standing::kExpired:
      return v1::ExplainedCredit::STANDING_EXPIRED;
    case ExplainedCredit::Standing::kRevoked:
      return v1::ExplainedCredit::STANDING_REVOKED;
    case ExplainedCredit::Standing::kMoved:
      return v1::ExplainedCredit::STANDING_MOVED;
  }
  BURSAR_CHECK(!"an unknown standing");
}

v1::GatedAction ToAsked(const GatedAction& asked) {
  v1::GatedAction shown;
  shown.set_action(asked.action);
  shown.set_user_id(asked.user.text());
  shown.set_project_id(asked.project.text());
  shown.set_bill_to(asked.bill_to.text());
  shown.set_cost_micros(asked.cost.micros());
  shown.set_cost_limit_micros(asked.cost_limit.micros());
  return shown;
}

v1::Decision DecisionOf(const Explanation& explanation, Position position) {
  if (explanation.denial.has_value()) return ToDenial(*explanation.denial, position);
  v1::Decision decision;
  decision.set_allowed(true);
  decision.set_position(position);
  decision.set_billing_account(explanation.asked.bill_to.text());
  decision.set_currency(explanation.currency);
  return decision;
}

v1::ExplainedCredit ToCredit(const ExplainedCredit& explained) {
  const Credit& credit = explained.credit;
  v1::ExplainedCredit shown;
  shown.set_credit_id(credit.id.text());
  shown.set_standing(ToStanding(explained.standing));
  shown.set_available_micros(credit.available.micros());
  shown.set_held_micros(credit.held.micros());
  shown.set_counted_micros(explained.counted().micros());
  shown.set_priority(credit.priority);
  if (credit.effective_time != absl::InfinitePast())
    *shown.mutable_effective_time() = ToTimestamp(credit.effective_time);
  if (credit.expire_time != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(credit.expire_time);
  shown.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
  shown.set_grant_position(credit.id.number());
  return shown;
}

v1::ExplainedBudget ToBudget(const ExplainedBudget& explained) {
  const Budget& budget = explained.budget;
  v1::ExplainedBudget shown;
  shown.set_budget_id(budget.id.text());
  shown.set_limit_micros(budget.limit.micros());
  shown.set_used_micros(explained.used.micros());
  shown.set_held_micros(budget.held.micros());
  shown.set_available_micros(explained.available.micros());
  shown.set_binding(explained.binding);
  shown.set_user_id(budget.scope.member.text());
  shown.set_project_id(budget.scope.project.text());
  shown.set_category(budget.scope.category);
  *shown.mutable_window_start_time() = ToTimestamp(budget.window.start);
  if (budget.window.end != absl::InfiniteFuture()) *shown.mutable_window_end_time() = ToTimestamp(budget.window.end);
  return shown;
}

v1::ExplainedHold ToExplainedHold(const Hold& hold) {
  v1::ExplainedHold shown;
  shown.set_hold_id(hold.id.text());
  shown.set_user_id(hold.user.text());
  shown.set_action(hold.action);
  shown.set_held_micros(hold.Held().micros());
  for (const auto& [credit, amount] : hold.parts) {
    if (credit.empty()) shown.set_held_on_limit_micros(shown.held_on_limit_micros() + amount.micros());
  }
  *shown.mutable_expire_time() = ToTimestamp(hold.expire_time);
  shown.set_position(hold.id.number());
  return shown;
}

v1::ExplainedFunds ToFunds(const Explanation& explanation) {
  v1::ExplainedFunds shown;
  shown.set_currency(explanation.currency);
  shown.set_funds_micros(explanation.funds.micros());
  shown.set_credits_micros(explanation.credits_counted.micros());
  shown.set_limit_micros(explanation.limit.micros());
  shown.set_outstanding_micros(explanation.outstanding.micros());
  shown.set_held_micros(explanation.held_on_limit.micros());
  for (const ExplainedCredit& credit : explanation.credits) *shown.add_credits() = ToCredit(credit);
  for (size_t i = 0; i < std::min(kMostHolds, explanation.holds.size()); ++i)
    *shown.add_holds() = ToExplainedHold(explanation.holds[i]);
  shown.set_hold_count(static_cast<int64_t>(explanation.holds.size()));
  return shown;
}

v1::ExplainDecisionResponse Render(const Explanation& explanation, Position position) {
  v1::ExplainDecisionResponse response;
  response.set_summary(InWords(explanation));
  *response.mutable_decision() = DecisionOf(explanation, position);
  response.set_kind(ToKind(explanation.what));
  response.set_position(position);
  *response.mutable_time() = ToTimestamp(explanation.time);
  *response.mutable_asked() = ToAsked(explanation.asked);
  if (explanation.hold.has_value()) *response.mutable_hold() = ToHold(*explanation.hold, explanation.currency);
  if (explanation.metered.has_value()) *response.mutable_usage() = ToUsage(*explanation.metered);
  SetParts(*response.mutable_drawn(), explanation.drawn);
  if (!explanation.has_payer) return response;
  *response.mutable_funds() = ToFunds(explanation);
  for (const ExplainedBudget& budget : explanation.budgets) *response.add_budgets() = ToBudget(budget);
  return response;
}

// Where the numbers come from ----------------------------------------------------------------------------------------

// Adds the entries to what was worked out from the state before; the first error is remembered.
class OriginsAdder {
 public:
  OriginsAdder(const Origins& origins, const Explanation& explanation, v1::ExplainDecisionResponse& response)
      : origins_(origins), explanation_(explanation), response_(response) {}

  absl::Status Add(int32_t most_charges) {
    AddToFunds(*response_.mutable_funds(), most_charges);
    for (auto& budget : *response_.mutable_budgets()) {
      const auto id = IdOf<BudgetId>(budget.budget_id());
      budget.set_set_position(Got(origins_.BudgetOf(explanation_.asked.bill_to, id, at())));
    }
    AddPolicies();
    return status_;
  }

 private:
  Position at() const { return explanation_.before; }

  Position Got(const absl::StatusOr<Position>& position) {
    status_.Update(position.status());
    return position.ok() ? *position : 0;
  }

  void AddToFunds(v1::ExplainedFunds& funds, int32_t most_charges) {
    funds.set_limit_position(Got(origins_.LimitOf(explanation_.asked.bill_to, at())));
    for (auto& credit : *funds.mutable_credits()) {
      credit.set_promotion_position(Got(origins_.PromotionOf(IdOf<CreditId>(credit.credit_id()))));
    }
    for (auto& hold : *funds.mutable_holds()) {
      const auto extensions = origins_.ExtensionsOf(IdOf<HoldId>(hold.hold_id()), at());
      status_.Update(extensions.status());
      if (extensions.ok()) hold.mutable_extension_positions()->Assign(extensions->begin(), extensions->end());
    }
    const auto debts =
        origins_.DebtsOf(explanation_.asked.bill_to, explanation_.outstanding, at(), static_cast<size_t>(most_charges));
    status_.Update(debts.status());
    if (!debts.ok()) return;
    funds.set_unpaid_count(static_cast<int64_t>(debts->count));
    for (const Debt& debt : debts->oldest) {
      auto& shown = *funds.add_unpaid();
      shown.set_position(debt.position);
      shown.set_unpaid_micros(debt.unpaid.micros());
    }
  }

  void AddOrigin(const char* what, Position position) {
    if (position == 0) return;
    auto& origin = *response_.add_origins();
    origin.set_what(what);
    origin.set_position(position);
  }

  void AddPolicies() {
    const GatedAction& asked = explanation_.asked;
    if (explanation_.what != Explanation::What::kUsage)
      AddOrigin("action catalogue", Got(origins_.CatalogueOf(explanation_.time, at())));
    if (explanation_.metered.has_value()) AddOrigin("price list", explanation_.metered->price_list());
    AddOrigin("billing set up, or its link mailed", explanation_.setup_at);
    if (!asked.project.empty()) AddOrigin("payer of the project", Got(origins_.PayerOf(asked.project, at())));
    if (const auto organization = asked.bill_to.organization())
      AddOrigin("who may bill to the organization", Got(origins_.AccessOf(*organization, asked.user, at())));
  }

  const Origins& origins_;
  const Explanation& explanation_;
  v1::ExplainDecisionResponse& response_;
  absl::Status status_;
};

absl::StatusOr<v1::ExplainDecisionResponse> WithOrigins(const Ledger& ledger, const Call& call,
                                                        const Explanation& explanation, int32_t most_charges,
                                                        v1::ExplainDecisionResponse response) {
  if (!explanation.has_payer) return response;
  constexpr absl::Duration kLongest = absl::Seconds(10);
  const absl::Time latest = std::min(call.deadline, absl::Now() + kLongest);
  if (!ledger.projections().WaitFor(explanation.before, latest).ok())
    return LedgerUnavailable("its projections are behind");
  OriginsAdder adder(ledger.projections().origins(), explanation, response);
  const int32_t most = most_charges == 0 ? kUsualCharges : most_charges;
  if (auto status = adder.Add(most); !status.ok()) return status;
  return response;
}

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
  v1::ExplainDecisionResponse response = Render(**explanation, entry->position());
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
  if (!ledger.projections().WaitFor(last.position, latest).ok()) return LedgerUnavailable("its books are behind");
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
  return WithOrigins(ledger, call, *explanation, request.most_charges(), Render(*explanation, moment->position));
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

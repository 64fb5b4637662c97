#include "ledger/domain/explain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/decide.h"

namespace bursar {
namespace {

using storage::v1::ActionDenied;
using storage::v1::Entry;
using storage::v1::Event;
using storage::v1::Part;

ExplainedCredit::Standing StandingOf(const Credit& credit, const std::string& action, absl::Time now) {
  using Standing = ExplainedCredit::Standing;
  if (credit.taken_back) return Standing::kRevoked;
  if (credit.over) return credit.moved > Money() ? Standing::kMoved : Standing::kExpired;
  if (now < credit.effective_time) return Standing::kNotYetEffective;
  if (now >= credit.expire_time) return Standing::kExpired;
  return credit.MayPayFor(action) ? Standing::kCounts : Standing::kRestricted;
}

void AddParts(std::vector<Part>& drawn, const google::protobuf::RepeatedPtrField<Part>& parts) {
  drawn.insert(drawn.end(), parts.begin(), parts.end());
}

bool IsBinding(const Budget& budget, const std::optional<ActionDenied>& denial) {
  if (!denial.has_value()) return false;
  return std::any_of(denial->bindings().begin(), denial->bindings().end(),
                     [&](const auto& binding) { return binding.budget() == budget.id.number(); });
}

// The heading under which the action is summed; that of the hold where there is one.
std::string CategoryOf(const Explanation& explanation, const State& state) {
  if (explanation.hold.has_value()) return explanation.hold->category;
  const CatalogueAction* action = state.policy.FindAction(explanation.asked.action, explanation.time);
  return action == nullptr ? "" : action->category;
}

// Usage is no action: what may be spent on anything pays for it.
std::string ActionPaidFor(const Explanation& explanation) {
  return explanation.what == Explanation::What::kUsage ? "" : explanation.asked.action;
}

void AddFunds(Explanation& explanation, const BillingAccount& payer) {
  const Balance& balance = payer.balance;
  explanation.limit = balance.limit;
  explanation.outstanding = balance.outstanding;
  explanation.held_on_limit = balance.held_on_limit;
  for (const Credit& credit : balance.credits) {
    explanation.credits.push_back(
        {.credit = credit, .standing = StandingOf(credit, ActionPaidFor(explanation), explanation.time)});
    explanation.credits_counted += explanation.credits.back().counted();
  }
  explanation.funds = explanation.credits_counted + balance.limit - balance.outstanding - balance.held_on_limit;
  BURSAR_CHECK(explanation.funds == balance.Funds(ActionPaidFor(explanation), explanation.time));
}

void AddBudgets(Explanation& explanation, const BillingAccount& payer, const std::string& category) {
  for (const Budget& budget : payer.budgets) {
    if (!budget.Counts(explanation.asked.user, explanation.asked.project, category)) continue;
    explanation.budgets.push_back({.budget = budget,
                                   .window = WindowAt(budget, explanation.time),
                                   .used = budget.UsedAt(explanation.time),
                                   .available = budget.Available(explanation.time),
                                   .binding = IsBinding(budget, explanation.denial)});
  }
}

void AddHolds(Explanation& explanation, const State& state) {
  for (const auto& [id, hold] : state.holds) {
    if (hold.account == explanation.asked.bill_to) explanation.holds.push_back(hold);
  }
  std::sort(explanation.holds.begin(), explanation.holds.end(),
            [](const Hold& a, const Hold& b) { return a.id < b.id; });
}

// All that the state says of the payer.
void AddPayer(Explanation& explanation, const State& state, const std::string& category) {
  explanation.before = state.position;
  const BillingAccount* payer = state.Find(explanation.asked.bill_to);
  if (payer == nullptr) return;
  explanation.has_payer = true;
  explanation.currency = payer->currency;
  explanation.setup = payer->setup.status;
  explanation.setup_at = payer->setup.confirmed_at != 0 ? payer->setup.confirmed_at : payer->setup.sent_at;
  AddFunds(explanation, *payer);
  AddBudgets(explanation, *payer, category);
  AddHolds(explanation, state);
}

// Usage and captures -------------------------------------------------------------------------------------------------

void Tell(Explanation& explanation, const storage::v1::HoldCaptured& captured, const State& before) {
  const Hold* hold = before.Find(HoldId(captured.hold()));
  BURSAR_CHECK(hold != nullptr);
  explanation.what = Explanation::What::kCapture;
  explanation.hold = *hold;
  AddParts(explanation.drawn, captured.drawn());
  AddParts(explanation.drawn, captured.beyond());
  if (captured.has_metered()) explanation.metered = captured.metered();
}

void Tell(Explanation& explanation, const storage::v1::UsageCharged& charged) {
  explanation.what = Explanation::What::kUsage;
  AddParts(explanation.drawn, charged.drawn());
  if (charged.has_metered()) explanation.metered = charged.metered();
}

// What is asked in an event, by whom, and who pays.
template <class Kind>
GatedAction AskedIn(const Kind& event) {
  return {.action = event.action(),
          .user = UserId::Trusted(event.user_id()),
          .project = ProjectId(event.project()),
          .bill_to = BillingAccountId::Trusted(event.billing_account())};
}

Money SumOf(const std::vector<Part>& parts) {
  Money sum;
  for (const Part& part : parts) sum += Money::Micros(part.amount_micros());
  return sum;
}

void Tell(Explanation& explanation, const storage::v1::HoldExtended& extended, const State& before) {
  const Hold* hold = before.Find(HoldId(extended.hold()));
  BURSAR_CHECK(hold != nullptr);
  explanation.what = Explanation::What::kExtension;
  explanation.hold = *hold;
  explanation.asked = {.action = hold->action, .user = hold->user, .project = hold->project, .bill_to = hold->account};
  AddParts(explanation.drawn, extended.parts());
}

void Tell(Explanation& explanation, const ActionDenied& denied, const Command& command, const State& before) {
  explanation.what = denied.hold() ? Explanation::What::kHold : Explanation::What::kCheck;
  if (const auto* extension = std::get_if<ExtendHold>(&command)) {
    explanation.what = Explanation::What::kExtension;
    explanation.hold = *before.Find(extension->hold);
  }
  explanation.denial = denied;
  explanation.asked.cost = Money::Micros(denied.cost_micros());
  explanation.sponsored = Money::Micros(denied.sponsored_micros());
  explanation.sponsor = BillingAccountId::Trusted(denied.sponsor_billing_account());
}

// What a sponsor set aside or paid of it.
void TellSponsor(Explanation& explanation, const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (!event.has_sponsorship_held() && !event.has_sponsorship_charged()) continue;
    explanation.sponsored = Sum(event.sponsorship_held().parts()) + Sum(event.sponsorship_charged().drawn());
    explanation.sponsor = bursar::AccountOf(event);
  }
}

// False where the entry is no decision about money. `command` is what brought it about.
bool TellEntry(Explanation& explanation, const Entry& entry, const Command& command, const State& before) {
  for (const Event& event : entry.events()) {
    switch (event.kind_case()) {
      case Event::kHoldPlaced:
        explanation.what = Explanation::What::kHold;
        explanation.asked = AskedIn(event.hold_placed());
        AddParts(explanation.drawn, event.hold_placed().parts());
        break;
      case Event::kHoldExtended:
        Tell(explanation, event.hold_extended(), before);
        break;
      case Event::kHoldCaptured:
        explanation.asked = AskedIn(event.hold_captured());
        Tell(explanation, event.hold_captured(), before);
        break;
      case Event::kUsageCharged:
        explanation.asked = AskedIn(event.usage_charged());
        Tell(explanation, event.usage_charged());
        break;
      case Event::kActionDenied:
        explanation.asked = AskedIn(event.action_denied());
        Tell(explanation, event.action_denied(), command, before);
        return true;
      default:
        continue;
    }
    TellSponsor(explanation, entry);
    explanation.asked.cost = SumOf(explanation.drawn) + explanation.sponsored;
    return true;
  }
  return false;
}

// The command that brings the entry about again; nullptr where none does.
const Command* FindCause(const std::vector<Command>& candidates, const Entry& entry, const State& before) {
  const absl::Time time = absl::FromUnixMicros(entry.commit_time());
  for (const Command& command : candidates) {
    const auto decision = Decide(before, command, AskerOf(entry), time);
    if (decision.ok() && DecidedAlike(entry, decision->events)) return &command;
  }
  return nullptr;
}

bool IsDecision(const Entry& entry) {
  return std::any_of(entry.events().begin(), entry.events().end(), [](const Event& event) {
    return event.has_hold_placed() || event.has_hold_extended() || event.has_hold_captured() ||
           event.has_usage_charged() || event.has_action_denied();
  });
}

}  // namespace

absl::StatusOr<std::optional<Explanation>> ExplainEntry(const State& before, const Entry& entry,
                                                        const EntryReader& read) {
  BURSAR_CHECK(before.position + 1 == entry.position());
  if (!IsDecision(entry)) return std::optional<Explanation>();
  const std::vector<Command> candidates = AskedBy(entry, before, read);
  const Command* cause = FindCause(candidates, entry, before);
  if (cause == nullptr) {
    return absl::InternalError(absl::StrCat("The decision on record at position ", entry.position(),
                                            " does not come out again from the state before it: it was made by other "
                                            "rules than this program's, or the log is not what it was."));
  }
  Explanation explanation;
  explanation.time = absl::FromUnixMicros(entry.commit_time());
  if (!TellEntry(explanation, entry, *cause, before)) return std::optional<Explanation>();
  AddPayer(explanation, before, CategoryOf(explanation, before));
  return std::optional<Explanation>(std::move(explanation));
}

BillingAccountId PayerOf(const State& state, const GatedAction& asked) {
  if (!asked.bill_to.empty()) return asked.bill_to;
  if (const Project* project = state.Find(asked.project)) return project->payer;
  const User* user = state.Find(asked.user);
  return user == nullptr ? BillingAccountId() : user->default_payer;
}

absl::StatusOr<Explanation> ExplainAction(const State& state, const GatedAction& asked, Purpose purpose,
                                          absl::Time now) {
  const auto verdict = Judge(state, asked, purpose, now);
  if (!verdict.ok()) return verdict.status();
  Explanation explanation;
  explanation.what = purpose == Purpose::kHold ? Explanation::What::kHold : Explanation::What::kCheck;
  explanation.time = now;
  explanation.asked = asked;
  explanation.asked.bill_to = verdict->payer != nullptr ? verdict->payer->id : PayerOf(state, asked);
  explanation.denial = verdict->denial;
  explanation.sponsored = verdict->share.amount;
  if (verdict->share.sponsor != nullptr) explanation.sponsor = verdict->share.sponsor->id;
  if (purpose == Purpose::kHold && verdict->allowed()) {
    explanation.drawn = verdict->payer->balance.Draw(asked.cost - verdict->share.amount, asked.action, now);
  }
  AddPayer(explanation, state, verdict->action->category);
  return explanation;
}

}  // namespace bursar

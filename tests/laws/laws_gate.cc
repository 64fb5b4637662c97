// The laws of the gate: holds, captures, budgets, denials, and work that is told to stop.
#include <algorithm>
#include <tuple>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"
#include "tests/laws/laws.h"
#include "tests/laws/words.h"

namespace bursar::laws {
namespace {

using storage::v1::ActionDenied;
using storage::v1::Event;

constexpr int64_t kLateCapture = 30 * 24 * 60 * kMinute;

std::vector<std::string> ReasonsOf(const ActionDenied& denial) {
  std::vector<std::string> reasons;
  for (const auto& binding : denial.bindings()) reasons.push_back(binding.reason());
  return reasons;
}

// What makes denials alike.
std::string LikenessOf(const ActionDenied& denial) {
  const auto& first = denial.bindings(0);
  const bool permission = first.reason() == "NOT_YOUR_BILLING_ACCOUNT" ||
                          first.reason() == "BILLABLE_ACTIVITIES_NOT_ALLOWED" || first.reason() == "USER_CLOSED";
  return SayAll(std::vector<std::string>{denial.user_id(), permission ? "" : denial.billing_account(), denial.action(),
                                         absl::StrCat(denial.project()), first.reason(), absl::StrCat(first.budget())});
}

int64_t Uncovered(int64_t cost, int64_t funds) { return cost - std::clamp<int64_t>(funds, 0, cost); }

}  // namespace

void Laws::CheckAdmission(const ModelAccount& account, const std::string& action, int64_t cost, const ModelParts& parts,
                          int64_t now) {
  const int64_t funds = account.Funds(action, now);
  Law(account.setup == ModelAccount::Setup::kConfirmed, "nothing is admitted before billing is set up");
  Law(funds > 0 && funds >= cost, "admitted ", cost, " with funds of ", funds);
  Law(SumOf(parts) == cost, "set aside ", Say(parts), " for ", cost);
  const ModelParts expected = account.Draw(cost, action, now);
  Law(parts == expected, "drew ", Say(parts), " instead of ", Say(expected));
  for (const auto& [number, amount] : parts) {
    if (number == 0) {
      Law(OwedAndHeld(account) + amount <= account.limit, "admitted beyond the limit");
      continue;
    }
    const ModelCredit& credit = account.credits.at(number);
    Law(amount <= credit.available(), "admitted beyond credit-", number);
    SawIf(!credit.actions.empty(), "a restricted credit paid");
  }
  SawIf(SourcesAmong(parts) > 1, "a hold spanning two credits");
  SawIf(SourcesAmong(parts) > 0 && UsesLimit(parts), "a hold spanning credit and limit");
  for (const auto& [number, credit] : account.credits) {
    if (credit.available() == 0 || credit.over) continue;
    SawIf(credit.effective_time > now, "a credit passed over before its time");
    SawIf(credit.effective_time <= now && !credit.PaysFor(action, now), "a restricted credit passed over");
  }
}

void Laws::On(const storage::v1::HoldPlaced& event, Step& step) {
  const auto* place = std::get_if<PlaceHold>(&step.command);
  Law(place != nullptr && event.hold() == step.entry.position(), "a hold has its entry's number");
  if (place == nullptr) return;
  const ModelVerdict verdict = model_.Judge(place->action, /*hold=*/true, step.now);
  Law(verdict.refusal.empty() && verdict.reasons.empty(), "a hold was placed against ", verdict.refusal,
      SayAll(verdict.reasons));
  Law(event.billing_account() == verdict.payer, "the payer is ", verdict.payer, ", not ", event.billing_account());
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), event.action(), event.funds_after_micros()});
  const int64_t cost = place->action.cost.micros();
  CheckAdmission(account, event.action(), cost, PartsOf(event.parts()), step.now);
  Law(!IsBadExpiry(event.expire_time(), step.now), "a hold expires within 90 days");
  Law(event.cost_limit_micros() == place->action.cost_limit.micros(), "a hold keeps its run's cost limit");
  std::vector<uint64_t> counting;
  const ModelAsked asked{.account = event.billing_account(),
                         .user = event.user_id(),
                         .project = event.project(),
                         .category = event.category()};
  for (const auto& [number, budget] : model_.budgets) {
    if (budget.Counts(asked)) counting.push_back(number);
  }
  Law(std::equal(counting.begin(), counting.end(), event.budgets().begin(), event.budgets().end()),
      "a hold names the budgets that count it");
  SawIf(cost > 0 && cost == verdict.funds, "a hold placed with the last micro");
  SawIf(cost == 0, "a hold of nothing placed");
}

void Laws::On(const storage::v1::HoldExtended& event, Step& step) {
  const auto* extend = std::get_if<ExtendHold>(&step.command);
  const auto hold = model_.holds.find(event.hold());
  Law(extend != nullptr && hold != model_.holds.end(), "only an open hold is extended");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(hold->second.account);
  step.crossed_before.emplace(hold->second.account, account.crossed_percent);
  step.claims.push_back({hold->second.account, hold->second.action, event.funds_after_micros()});
  const int64_t more = extend->additional.micros();
  Law(event.held_micros() == SumOf(hold->second.parts) + more, "an extended hold holds ", event.held_micros());
  Law(!IsBadExpiry(event.expire_time(), step.now), "a hold expires within 90 days");
  SawIf(more == 0, "a hold extended in time alone");
  SawIf(more > 0 && more == account.Funds(hold->second.action, step.now), "a hold extended with the last micro");
  if (more > 0) return CheckAdmission(account, hold->second.action, more, PartsOf(event.parts()), step.now);
  Law(event.parts().empty(), "an extension in time alone sets nothing aside");
}

void Laws::CheckReturn(const google::protobuf::RepeatedPtrField<storage::v1::Part>& returned, const ModelParts& owed,
                       const ModelAccount& account) {
  Law(PartsOf(returned) == owed, "gave back ", Say(PartsOf(returned)), " instead of ", Say(owed));
  if (!broken_.empty()) return;
  for (const auto& part : returned) {
    const bool over = part.credit() != 0 && account.credits.at(part.credit()).over;
    const bool taken_back = over && account.credits.at(part.credit()).taken_back;
    Law(part.credit_expired() == (over && !taken_back), "credit-", part.credit(), " has expired: ", over);
    Law(part.credit_revoked() == taken_back, "credit-", part.credit(), " was revoked: ", taken_back);
    SawIf(over && !taken_back, "a return to an expired credit");
    SawIf(taken_back, "a return to a revoked credit");
  }
}

void Laws::On(const storage::v1::HoldCaptured& event, Step& step) {
  const auto* capture = std::get_if<CaptureHold>(&step.command);
  const auto found = model_.holds.find(event.hold());
  Law(capture != nullptr && found != model_.holds.end(), "only an open hold is captured");
  if (!broken_.empty()) return;
  const ModelHold& hold = found->second;
  const ModelAccount& account = model_.accounts.at(hold.account);
  step.crossed_before.emplace(hold.account, account.crossed_percent);
  step.claims.push_back({hold.account, hold.action, event.funds_after_micros()});
  const ModelParts drawn = PartsOf(event.drawn());
  const ModelParts beyond = PartsOf(event.beyond());
  const int64_t cost = SumOf(drawn) + SumOf(beyond);
  if (const auto* asked = std::get_if<Money>(&capture->cost)) {
    Law(cost == asked->micros() && !event.has_metered(), "captured ", cost, " instead of ", asked->micros());
    Law(event.category() == hold.category, "a named cost is of the action's category");
  } else {
    CheckMetered(event.metered(), std::get<Metered>(capture->cost), cost, account, step.now);
  }
  // The first parts of what is held, and the rest; what is not held pays for more.
  ModelParts taken;
  ModelParts rest;
  int64_t wanted = cost;
  for (const auto& [credit, amount] : hold.parts) {
    const int64_t share = std::min(wanted, amount);
    if (share > 0) taken.emplace_back(credit, share);
    if (share < amount) rest.emplace_back(credit, amount - share);
    wanted -= share;
  }
  const int64_t funds = account.Funds(hold.action, step.now);
  Law(drawn == taken, "captured ", Say(drawn), " of ", Say(hold.parts));
  Law(beyond == account.Draw(wanted, hold.action, step.now), "captured ", Say(beyond), " for ", wanted, " beyond");
  Law(event.overshoot_micros() == Uncovered(wanted, funds), "an overshoot of ", event.overshoot_micros(), " at ",
      funds);
  Law(event.closed() == capture->last, "the last capture closes the hold");
  Law(event.held_micros() == (capture->last ? 0 : SumOf(rest)), "a captured hold holds ", event.held_micros());
  Law(event.terminating() == (hold.terminating && !capture->last),
      "a capture says whether the work was to stop before");
  CheckReturn(event.returned(), capture->last ? rest : ModelParts(), account);
  CheckBudgetUses(event.budget_uses(),
                  {.account = hold.account,
                   .user = hold.user,
                   .project = hold.project,
                   .category = event.category(),
                   .amount = cost},
                  step.now);
  SawIf(wanted > 0, "a capture beyond its hold");
  SawIf(wanted > 0 && event.overshoot_micros() > 0, "a capture beyond all funds");
  SawIf(SourcesAmong(taken) > 1, "a capture spanning two credits");
  SawIf(SourcesAmong(taken) > 0 && UsesLimit(taken), "a capture spanning credit and limit");
  SawIf(!capture->last && cost > 0, "a capture of a part");
  SawIf(cost > 0 && rest.empty(), "a capture of all that was held");
  SawIf(cost == 0, "a capture of nothing");
  SawIf(cost > 0 && hold.project == 0 && !model_.MayBill(hold.user, hold.account),
        "a capture for a user who may no longer spend");
  SawIf(UsesLimit(taken) && OwedAndHeld(account) > account.limit,
        "a capture after the limit was lowered below what is held");
}

void Laws::RefusedCapture(const std::string& reason, const CaptureHold& capture, int64_t now) {
  const auto open = model_.holds.find(capture.hold.number());
  const auto expired = model_.expired_holds.find(capture.hold.number());
  const bool late = expired != model_.expired_holds.end() && now < expired->second.late_until;
  const bool takes = open != model_.holds.end() || late;
  Law(takes == (reason != "HOLD_NOT_OPEN"), "capture refused for ", reason, ", open or late: ", takes);
  if (!takes) return;
  const ModelHold& hold = late ? expired->second : open->second;
  const ModelAccount& account = model_.accounts.at(hold.account);
  const int64_t held = late ? 0 : SumOf(hold.parts);
  if (const auto* cost = std::get_if<Money>(&capture.cost)) {
    Law(reason == "AMOUNT_TOO_LARGE" && cost->micros() - held + OwedAndHeld(account) > kMostMoney.micros(),
        "capture of ", cost->micros(), " of ", held, " refused for ", reason);
    return;
  }
  Law(CannotPrice(reason, std::get<Metered>(capture.cost), account, held, now), "metered capture refused for ", reason);
}

void Laws::On(const storage::v1::HoldReleased& event, Step& step) {
  const auto hold = model_.holds.find(event.hold());
  const auto* reverse = std::get_if<ReverseCharge>(&step.command);
  Law(hold != model_.holds.end() && (reverse != nullptr || std::holds_alternative<ReleaseHold>(step.command)),
      "only an open hold is released");
  Law(reverse == nullptr || (reverse->cause == ReversalCause::kPlatformFailure &&
                             model_.charges.at(reverse->charge.number()).hold == event.hold()),
      "a reversal gives the hold of a failed platform back");
  SawIf(reverse != nullptr, "a reversal that gave a hold back");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(hold->second.account);
  step.crossed_before.emplace(hold->second.account, account.crossed_percent);
  step.claims.push_back({hold->second.account, hold->second.action, event.funds_after_micros()});
  Law(step.now < hold->second.expire_time, "an expired hold is not released");
  CheckReturn(event.returned(), hold->second.parts, account);
}

void Laws::On(const storage::v1::HoldExpired& event, Step& step) {
  const auto hold = model_.holds.find(event.hold());
  Law(hold != model_.holds.end() && std::holds_alternative<ExpireDue>(step.command), "only an open hold expires");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(hold->second.account);
  step.crossed_before.emplace(hold->second.account, account.crossed_percent);
  Law(hold->second.expire_time <= step.now, "a hold expires in its time");
  CheckReturn(event.returned(), hold->second.parts, account);
  Law(event.late_capture_until_time() == step.now + kLateCapture, "a late capture is taken for 30 days");
  Saw("a hold expired");
}

// Usage ---------------------------------------------------------------------------------------------------------------

void Laws::On(const storage::v1::UsageCharged& event, Step& step) {
  const auto* usage = std::get_if<RecordUsage>(&step.command);
  const auto* capture = std::get_if<CaptureHold>(&step.command);
  Law(usage != nullptr || capture != nullptr || step.released.has_value(),
      "only usage and late captures are charged without an open hold");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  const ModelParts drawn = PartsOf(event.drawn());
  const int64_t paid = SumOf(drawn);
  const int64_t cost = paid + SponsoredIn(step.entry);
  CheckShare(event, cost, step);
  if (capture != nullptr) {
    const auto late = model_.expired_holds.find(capture->hold.number());
    Law(late != model_.expired_holds.end() && step.now < late->second.late_until && event.late_hold() == late->first &&
            event.billing_account() == late->second.account && event.user_id() == late->second.user &&
            event.project() == late->second.project && event.action() == late->second.action,
        "a late capture is of a hold that has expired");
    if (const auto* asked = std::get_if<Money>(&capture->cost)) {
      Law(cost == asked->micros() && !event.has_metered(), "captured ", cost, " late instead of ", asked->micros());
    } else {
      CheckMetered(event.metered(), std::get<Metered>(capture->cost), cost, account, step.now);
    }
    SawIf(cost > 0, "a late capture");
  } else {
    const std::string payer = usage == nullptr
                                  ? step.released->account
                                  : model_.PayerOf(usage->user.text(), usage->project.number(), usage->bill_to.text());
    Law(event.billing_account() == payer, "usage is charged to its payer");
    Law(event.late_hold() == 0 && event.action().empty(), "usage is of no hold");
    const Metered& asked = usage == nullptr ? step.released->metered : usage->metered;
    Law(usage == nullptr || !CannotBeRight(asked, account, step.now), "what cannot be right is not charged");
    CheckMetered(event.metered(), asked, cost, account, step.now);
  }
  const ModelParts expected = account.Draw(paid, event.action(), step.now);
  Law(drawn == expected, "usage drew ", Say(drawn), " instead of ", Say(expected));
  Law(event.overshoot_micros() == Uncovered(paid, account.Funds(event.action(), step.now)), "an overshoot of ",
      event.overshoot_micros());
  CheckBudgetUses(event.budget_uses(),
                  {.account = event.billing_account(),
                   .user = event.user_id(),
                   .project = event.project(),
                   .category = event.category(),
                   .amount = paid},
                  step.now);
  const int64_t funds = account.Funds("", step.now);
  SawIf(paid > 0 && funds >= 0 && funds < paid, "usage that took funds below zero");
  SawIf(paid > 0 && funds < 0, "usage charged below zero");
  SawIf(SourcesAmong(drawn) > 0 && UsesLimit(drawn), "usage spanning credit and limit");
}

// Budgets -------------------------------------------------------------------------------------------------------------

void Laws::On(const storage::v1::BudgetSet& event, Step& step) {
  const auto* set = std::get_if<SetBudget>(&step.command);
  Law(set != nullptr && event.limit_micros() == set->limit.micros(), "a budget is set to what was asked");
  if (!broken_.empty()) return;
  const ModelAsked scope{.account = event.billing_account(),
                         .user = event.user_id(),
                         .project = event.project(),
                         .category = event.category()};
  uint64_t known = 0;
  for (const auto& [number, budget] : model_.budgets) {
    if (std::tie(budget.account, budget.user, budget.project, budget.category) ==
            std::tie(scope.account, scope.user, scope.project, scope.category) &&
        budget.period == event.period()) {
      known = number;
    }
  }
  Law(event.budget() == (known != 0 ? known : step.entry.position()), "the same scope and period is the same budget");
  Law(event.window_start() <= step.now && (event.window_end() == 0 || step.now < event.window_end()),
      "a budget's window is the one that now is in");
  Saw("a budget set");
  SawIf(known != 0 && event.limit_micros() < model_.UsedOf(known, step.now), "a budget set below what is used");
  SawIf(event.held_micros() > 0, "a budget set over open holds");
}

void Laws::On(const storage::v1::BudgetRemoved& event) {
  Law(model_.budgets.count(event.budget()) != 0, "only a budget is removed");
  Saw("a budget removed");
}

void Laws::CheckBudgetUses(const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses,
                           const ModelCharge& charge, int64_t now) {
  std::vector<uint64_t> expected;
  for (const auto& [number, budget] : model_.budgets) {
    if (charge.amount > 0 && budget.Counts(charge)) expected.push_back(number);
  }
  std::vector<uint64_t> used;
  for (const auto& use : uses) {
    used.push_back(use.budget());
    Law(use.amount_micros() == charge.amount, "budget-", use.budget(), " counts all of a charge");
    Law(use.window_start() <= now && (use.window_end() == 0 || now < use.window_end()),
        "a charge is used in the window that it happens in");
  }
  Law(used == expected, "a charge names the budgets that count it");
}

void Laws::CheckBudgets(const BillingAccount& account) {
  size_t count = 0;
  for (const auto& [number, model] : model_.budgets) {
    if (model.account != account.id.text()) continue;
    ++count;
    const Budget* budget = account.Find(BudgetId(number));
    Law(budget != nullptr, "budget-", number, " is there");
    if (budget == nullptr) return;
    const absl::Time now = absl::FromUnixMicros(time_);
    Law(budget->UsedAt(now).micros() == model_.UsedOf(number, time_), "budget-", number, " has used ",
        budget->UsedAt(now).micros(), ", not ", model_.UsedOf(number, time_));
    Law(budget->held.micros() == model_.HeldIn(number), "budget-", number, " holds ", budget->held.micros(), ", not ",
        model_.HeldIn(number));
    SawIf(budget->used > Money() && budget->UsedAt(now) == Money(), "a budget that began anew");
  }
  Law(account.budgets.size() == count, "no budget is there that was not set");
}

// Work told to stop
// ----------------------------------------------------------------------------------------------------

void Laws::CheckOrders(const Step& step) {
  using Orders = std::map<uint64_t, std::pair<std::string, int64_t>>;
  Orders told;
  std::string charged;
  uint64_t captured = 0;
  for (const Event& event : step.entry.events()) {
    if (event.has_hold_captured()) {
      charged = event.hold_captured().billing_account();
      captured = event.hold_captured().hold();
    }
    if (event.has_usage_charged()) charged = event.usage_charged().billing_account();
    if (!event.has_termination_ordered()) continue;
    const auto& order = event.termination_ordered();
    Law(told.emplace(order.hold(), std::make_pair(order.reason(), order.overshoot_micros())).second, "told once");
  }
  Orders expected;
  for (const auto& [number, hold] : model_.holds) {
    if (hold.account != charged || (hold.terminating && told.count(number) == 0)) continue;
    if (number == captured && hold.cost_limit > 0 && hold.captured >= hold.cost_limit) {
      expected[number] = {"COST_LIMIT_EXCEEDED", hold.captured - hold.cost_limit};
      continue;
    }
    const int64_t funds = model_.accounts.at(charged).Funds(hold.action, step.now);
    if (SumOf(hold.parts) > 0) {
      SawIf(funds <= 0, "work on held money that runs on without funds");
      continue;
    }
    if (funds <= 0) expected[number] = {"SPENDING_LIMIT_EXCEEDED", -funds};
    for (auto budget = model_.budgets.rbegin(); budget != model_.budgets.rend(); ++budget) {
      const int64_t left = hold.budgets.count(budget->first) != 0 ? model_.LeftOf(budget->first, step.now) : 1;
      if (left <= 0) expected[number] = {"BUDGET_EXCEEDED", -left};
    }
  }
  Law(told == expected, "told ", told.size(), " works to stop instead of ", expected.size(), " at entry ",
      step.entry.position());
  SawIf(told.size() > 1, "several works stopped at once");
  for (const auto& [number, order] : told) {
    SawIf(order.first == "COST_LIMIT_EXCEEDED", "a run stopped at its cost limit");
    SawIf(order.first == "SPENDING_LIMIT_EXCEEDED", "work stopped for want of funds");
    SawIf(order.first == "BUDGET_EXCEEDED", "work stopped by a budget");
  }
}

// Denials -------------------------------------------------------------------------------------------------------------

void Laws::CheckBindings(const ActionDenied& denial, const ModelVerdict& verdict, int64_t now) {
  Law(!verdict.reasons.empty(), "denied although no rule was binding: ", SayAll(ReasonsOf(denial)));
  Law(ReasonsOf(denial) == verdict.reasons, "denied for ", SayAll(ReasonsOf(denial)), " instead of ",
      SayAll(verdict.reasons));
  if (!broken_.empty()) return;
  const int64_t needed = std::max<int64_t>(denial.cost_micros(), 1);
  auto budget = verdict.budgets.begin();
  for (const auto& binding : denial.bindings()) {
    int64_t available = 0;
    const bool expired = binding.reason() == "ORGANIZATION_EXPIRED";
    if (binding.reason() == "SPENDING_LIMIT_EXCEEDED" || binding.reason() == "BILLING_NOT_SET_UP" || expired)
      available = verdict.funds;
    SawIf(expired, "an expired organization denied");
    SawIf(binding.reason() == "USER_CLOSED", "a closed user denied by the gate");
    if (binding.reason() == "COST_LIMIT_EXCEEDED") available = verdict.run_left;
    if (binding.reason() == "BUDGET_EXCEEDED") {
      Law(binding.budget() == budget->first, "denied by budget-", binding.budget(), " instead of ", budget->first);
      available = (budget++)->second;
    }
    const bool money = binding.reason() != "BILLING_NOT_SET_UP" && !expired && !denial.currency().empty();
    Law(binding.shortfall_micros() == (money ? needed - available : 0), "short of ", binding.shortfall_micros(),
        " with ", available, " for ", needed);
    Law(binding.available_micros() == available, "denied with ", binding.available_micros(), " of ", available);
  }
  const auto account = model_.accounts.find(denial.billing_account());
  const uint64_t open =
      account == model_.accounts.end() || denial.currency().empty() ? 0 : account->second.open_increase;
  Law(denial.pending_increase() == open, "a denial names the open increase, at ", now);
}

void Laws::CheckDenial(const ActionDenied& denial, const Command& command, int64_t now) {
  const auto* check = std::get_if<Check>(&command);
  const auto* place = std::get_if<PlaceHold>(&command);
  const auto* extend = std::get_if<ExtendHold>(&command);
  Law(check != nullptr || place != nullptr || extend != nullptr, "only the gate denies");
  Law(denial.hold() == (check == nullptr), "a denial says whether a hold was asked for");
  if (!broken_.empty()) return;
  ModelVerdict verdict;
  if (extend != nullptr) {
    const auto found = model_.holds.find(extend->hold.number());
    Law(found != model_.holds.end() && extend->additional > Money(), "only more money for an open hold is denied");
    if (!broken_.empty()) return;
    const ModelHold& hold = found->second;
    const int64_t left = hold.cost_limit - hold.captured - SumOf(hold.parts);
    verdict = model_.JudgeMoney({.account = hold.account,
                                 .user = hold.user,
                                 .project = hold.project,
                                 .action = hold.action,
                                 .category = hold.category,
                                 .cost = extend->additional.micros(),
                                 .run_left = hold.cost_limit > 0 ? std::optional<int64_t>(left) : std::nullopt},
                                now);
    Law(denial.cost_micros() == extend->additional.micros(), "a denial says what was asked");
    Saw("an extension denied");
  } else {
    const GatedAction& asked = check != nullptr ? check->action : place->action;
    verdict = model_.Judge(asked, check == nullptr, now);
    Law(verdict.refusal.empty(), "denied although ", verdict.refusal);
    Law(denial.billing_account() == verdict.payer && denial.user_id() == asked.user.text() &&
            denial.action() == asked.action && denial.cost_micros() == asked.cost.micros(),
        "a denial says what was asked");
  }
  CheckBindings(denial, verdict, now);
  const int64_t needed = std::max<int64_t>(denial.cost_micros(), 1);
  const bool money = verdict.reasons == std::vector<std::string>{"SPENDING_LIMIT_EXCEEDED"};
  SawIf(money && verdict.funds > 0 && verdict.funds == needed - 1, "a denial by exactly one micro");
  SawIf(money && verdict.funds == 0 && denial.cost_micros() == 0, "a denial of a free action at exactly zero");
  SawIf(money && verdict.funds < 0, "a denial below zero");
  SawIf(denial.bindings_size() > 1 && denial.bindings(0).reason() == "BILLING_NOT_SET_UP",
        "a denial for want of set-up and of funds");
  SawIf(denial.currency().empty(), "a denial for want of permission");
  SawIf(verdict.reasons == std::vector<std::string>{"BUDGET_EXCEEDED"}, "a denial by a budget");
  SawIf(verdict.budgets.size() > 1, "a denial by two budgets");
  SawIf(verdict.run_left > 0 && denial.bindings(0).reason() == "COST_LIMIT_EXCEEDED", "a denial by a cost limit");
}

void Laws::On(const ActionDenied& event, Step& step) {
  Law(step.entry.events_size() == 1, "a denial stands alone");
  CheckDenial(event, step.command, step.now);
  if (!broken_.empty()) return;
  Law(event.recorded_at() == 0, "a denial on record is the one on record");
  const std::string like = LikenessOf(event);
  const auto latest = latest_denials_.find(like);
  if (latest != latest_denials_.end()) {
    Law(denials_.at(latest->second).time + kMinute <= step.now, "like denials are written once a minute");
    Saw("a denial written again after a minute");
  }
  latest_denials_[like] = step.entry.position();
  denials_[step.entry.position()] = {.time = step.now, .like = like, .cost = event.cost_micros()};
}

void Laws::Unwritten(const Command& command, const Decision& decision, int64_t now) {
  Law(decision.events.size() == 1 && decision.events[0].has_action_denied() && !decision.repeats.has_value(),
      "only a denial is answered and not written");
  if (!broken_.empty()) return;
  const ActionDenied& denial = decision.events[0].action_denied();
  CheckDenial(denial, command, now);
  const auto recorded = denials_.find(denial.recorded_at());
  Law(recorded != denials_.end(), "a denial like it is on record as entry ", denial.recorded_at());
  if (!broken_.empty()) return;
  Law(recorded->second.like == LikenessOf(denial), "the one on record is like it");
  Law(now < recorded->second.time + kMinute, "for a minute only");
  Saw("a denial like one on record");
  SawIf(recorded->second.cost != denial.cost_micros(), "a denial of another cost like one on record");
}

}  // namespace bursar::laws

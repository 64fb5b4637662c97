#include "ledger/domain/terminations.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::HoldCaptured;

// An entry orders no more; where more are left, the next charge orders them.
constexpr size_t kMostOrders = 1'000;

struct Cause {
  Reason reason;
  Money overshoot;
};

// The account as the charge leaves it. Copies the balance: to be made only where there is somebody to tell.
class Aftermath {
 public:
  Aftermath(const Events& events, const BillingAccount& account, const Context& context)
      : account_(account), now_(context.now), balance_(account.balance) {
    for (const auto& event : events) {
      if (AccountOf(event) == account.id) balance_.Apply(event, context.position(), context.principal.text());
      if (event.has_hold_captured()) Capture(event.hold_captured(), context.state);
      if (event.has_usage_charged()) Use(event.usage_charged().budget_uses());
    }
  }

  // Why the work of a hold that holds nothing has to stop; nullopt where it may go on.
  std::optional<Cause> WhyStop(const Hold& hold) const {
    for (const BudgetId id : hold.budgets) {
      const Budget* budget = account_.Find(id);
      if (budget == nullptr) continue;
      if (const Money left = Left(*budget); left <= Money()) return Cause{Reason::kBudgetExceeded, Money() - left};
    }
    const Money funds = balance_.Funds(hold.action, now_);
    if (funds <= Money()) return Cause{Reason::kSpendingLimitExceeded, Money() - funds};
    return std::nullopt;
  }

 private:
  void Capture(const HoldCaptured& captured, const State& state) {
    hold_ = state.Find(HoldId(captured.hold()));
    no_longer_held_ = Sum(captured.drawn()) + Sum(captured.returned());
    Use(captured.budget_uses());
  }
  void Use(const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses) {
    uses_.insert(uses_.end(), uses.begin(), uses.end());
  }

  Money Left(const Budget& budget) const {
    Money left = budget.Available(now_);
    for (const auto& use : uses_) {
      if (use.budget() == budget.id.number()) left -= Money::Micros(use.amount_micros());
    }
    const bool held =
        hold_ != nullptr && std::find(hold_->budgets.begin(), hold_->budgets.end(), budget.id) != hold_->budgets.end();
    return held ? left + no_longer_held_ : left;
  }

  const BillingAccount& account_;
  const absl::Time now_;
  Balance balance_;
  std::vector<storage::v1::BudgetUse> uses_;
  // That was captured, as it was before; nullptr where none was.
  const Hold* hold_ = nullptr;
  Money no_longer_held_;
};

void Order(Events& events, const Hold& hold, const Cause& cause, const std::string& currency) {
  auto& order = *events.emplace_back().mutable_termination_ordered();
  order.set_hold(hold.id.number());
  order.set_billing_account(hold.account.text());
  order.set_user_id(hold.user.text());
  order.set_project(hold.project.number());
  order.set_reason(NameOf(cause.reason));
  order.set_overshoot_micros(cause.overshoot.micros());
  order.set_currency(currency);
}

// The capture in the entry; nullptr where there is none.
const HoldCaptured* CaptureIn(const Events& events) {
  const auto found =
      std::find_if(events.begin(), events.end(), [](const auto& one) { return one.has_hold_captured(); });
  return found == events.end() ? nullptr : &found->hold_captured();
}

// What payer and sponsors pay in this entry.
Money CostIn(const Events& events) {
  Money cost;
  for (const auto& event : events) {
    if (event.has_hold_captured()) cost += Sum(event.hold_captured().drawn()) + Sum(event.hold_captured().beyond());
    if (event.has_sponsorship_charged()) cost += Sum(event.sponsorship_charged().drawn());
  }
  return cost;
}

// What the sponsor of a captured hold still holds for it after this entry.
Money SponsorKeeps(const Hold& hold, const Events& events) {
  Money kept = Sum(hold.sponsored.parts);
  for (const auto& event : events) {
    if (event.has_sponsorship_charged()) kept -= Sum(event.sponsorship_charged().drawn());
  }
  return kept;
}

// Whether nothing carries the hold's work any longer. Shares are rounded down, so that a sponsor may keep a little when
// the payer's part is used up: once the payer pays beyond it, that carries nothing.
bool IsEmptied(const Hold& hold, const HoldCaptured& captured, const Events& events) {
  if (captured.held_micros() > 0) return false;
  return !captured.beyond().empty() || SponsorKeeps(hold, events) == Money();
}

// What the run has cost beyond its limit, from zero; nullopt where it has not come to it.
std::optional<Money> BeyondCostLimit(const Hold& hold, const Events& events) {
  if (hold.cost_limit == Money()) return std::nullopt;
  const Money cost = hold.captured + CostIn(events);
  if (cost < hold.cost_limit) return std::nullopt;
  return cost - hold.cost_limit;
}

// In the order of their numbers: open holds that hold nothing now, or will not once the capture has happened.
std::vector<const Hold*> Spent(const BillingAccount& account, const Hold* emptied, const State& state) {
  std::vector<const Hold*> spent;
  const auto& all = state.spent_holds;
  const auto first = all.empty() ? all.end() : all.lower_bound({account.id, HoldId()});
  for (auto it = first; it != all.end() && it->first == account.id; ++it) spent.push_back(state.Find(it->second));
  if (emptied == nullptr) return spent;
  const auto place =
      std::lower_bound(spent.begin(), spent.end(), emptied, [](const Hold* a, const Hold* b) { return a->id < b->id; });
  if (place == spent.end() || *place != emptied) spent.insert(place, emptied);
  return spent;
}

}  // namespace

void OrderTerminations(Events& events, const BillingAccount& account, const Context& context) {
  const HoldCaptured* captured = CaptureIn(events);
  const Hold* hold = captured == nullptr ? nullptr : context.state.Find(HoldId(captured->hold()));
  const bool runs_on = hold != nullptr && !captured->closed() && !hold->terminating;
  const bool emptied = runs_on && IsEmptied(*hold, *captured, events);
  std::vector<const Hold*> spent = Spent(account, emptied ? hold : nullptr, context.state);
  // The last capture of a hold that held nothing is no work that runs on.
  if (hold != nullptr && !runs_on) spent.erase(std::remove(spent.begin(), spent.end(), hold), spent.end());

  if (const auto beyond = runs_on ? BeyondCostLimit(*hold, events) : std::nullopt) {
    Order(events, *hold, {Reason::kCostLimitExceeded, *beyond}, account.currency);
    spent.erase(std::remove(spent.begin(), spent.end(), hold), spent.end());
  }
  if (spent.empty()) return;
  const Aftermath aftermath(events, account, context);
  size_t orders = 0;
  for (const Hold* one : spent) {
    if (orders == kMostOrders) return;
    const auto cause = aftermath.WhyStop(*one);
    if (!cause.has_value()) continue;
    Order(events, *one, *cause, account.currency);
    ++orders;
  }
}

}  // namespace bursar

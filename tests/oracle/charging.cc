#include "tests/oracle/charging.h"

#include <algorithm>

#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

// So far ahead a meter's clock may be. The documents say "in the future" only.
constexpr absl::Duration kClocksDiffer = absl::Minutes(5);

}  // namespace

Priced PriceUsage(World& world, const Account& account, const v1::Usage& usage, absl::Time now) {
  Priced priced;
  const absl::Time when = usage.has_usage_time() ? TimeOf(usage.usage_time()) : now;
  if (when > now + kClocksDiffer) {
    priced.refused = v1::ERROR_REASON_INVALID_FIELD;
    return priced;
  }
  const PriceList* current = nullptr;
  for (const PriceList& list : world.price_lists[account.currency]) {
    if (list.effective <= when && (current == nullptr || list.effective >= current->effective)) current = &list;
  }
  const v1::Price* price = nullptr;
  for (const std::string& region : {usage.region(), std::string()}) {
    if (current == nullptr || price != nullptr) continue;
    const auto found = current->prices.find({usage.sku(), region});
    if (found != current->prices.end()) price = &found->second;
  }
  if (price == nullptr) {
    priced.refused = v1::ERROR_REASON_NO_PRICE;
    return priced;
  }
  priced.price = *price;
  priced.shown.set_sku(usage.sku());
  priced.shown.set_region(usage.region());
  priced.shown.set_quantity(usage.quantity());
  *priced.shown.mutable_usage_time() = ToTimestamp(when);
  priced.shown.set_price_micros(price->price_micros());
  priced.shown.set_per_quantity(price->per_quantity());
  priced.shown.set_price_list_position(current->position);
  const auto carried = account.remainders.find(price->per_quantity());
  priced.remainder = carried == account.remainders.end() ? Wide(0) : carried->second;
  const auto micros = usage.quantity() < 0 ? std::nullopt : Price(usage.quantity(), *price, priced.remainder);
  priced.absurd = !micros.has_value();
  priced.micros = micros.value_or(0);
  return priced;
}

bool IsTooLarge(const Account& account, Wide more) {
  const Sums sums = account.Add();
  return sums[0][kCharged] + sums[0][kHeld] + more > kMost;
}

std::vector<Use> UseBudgets(Account& account, const std::string& user, const std::string& project,
                            const std::string& category, Wide micros, absl::Time now) {
  std::vector<Use> uses;
  for (Budget& budget : account.budgets) {
    if (!budget.Counts(user, project, category)) continue;
    if (now >= budget.end) {
      SetWindow(budget.period, budget.zone, now, budget.start, budget.end);
      budget.used = 0;
    }
    budget.used += micros;
    uses.push_back({.budget = budget.number, .start = budget.start, .end = budget.end});
  }
  return uses;
}

namespace {

Wide LeftOf(World& world, const Budget& budget, absl::Time now) {
  Wide left = budget.limit - budget.UsedAt(now);
  for (const auto& [number, hold] : world.holds) {
    const bool counted = std::find(hold.budgets.begin(), hold.budgets.end(), budget.number) != hold.budgets.end();
    if (!hold.expired && counted) left -= Total(hold.pieces);
  }
  return left;
}

}  // namespace

std::vector<Order> StopWorkOnNothing(World& world, Account& account, const std::vector<Use>& uses, absl::Time now) {
  std::vector<Order> orders;
  for (auto& [number, hold] : world.holds) {
    if (hold.expired || hold.terminating || hold.account != account.id) continue;
    if (Total(hold.pieces) + Total(hold.sponsored) > 0) continue;
    const Wide funds = Funds(account, hold.action, now);
    Order order{.hold = number};
    if (funds <= 0) {
      order.reason = v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED;
      order.overshoot = -funds;
    }
    for (const Budget& budget : account.budgets) {
      const bool used =
          std::any_of(uses.begin(), uses.end(), [&](const Use& use) { return use.budget == budget.number; });
      const bool counted = std::find(hold.budgets.begin(), hold.budgets.end(), budget.number) != hold.budgets.end();
      if (order.reason == v1::ERROR_REASON_BUDGET_EXCEEDED || !used || !counted) continue;
      const Wide left = LeftOf(world, budget, now);
      if (left > 0) continue;
      order.reason = v1::ERROR_REASON_BUDGET_EXCEEDED;
      order.overshoot = -left;
    }
    if (order.reason == v1::ERROR_REASON_UNSPECIFIED) continue;
    hold.terminating = true;
    orders.push_back(order);
  }
  return orders;
}

}  // namespace bursar::oracle

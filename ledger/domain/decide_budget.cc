// Ceilings inside a billing account.
#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/calendar.h"
#include "ledger/domain/context.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::BudgetSet;
using storage::v1::Event;

BudgetSet::Period ToStorage(BudgetPeriod period) {
  switch (period) {
    case BudgetPeriod::kDay:
      return BudgetSet::PERIOD_DAY;
    case BudgetPeriod::kWeek:
      return BudgetSet::PERIOD_WEEK;
    case BudgetPeriod::kMonth:
      return BudgetSet::PERIOD_MONTH;
    case BudgetPeriod::kLife:
      return BudgetSet::PERIOD_LIFE;
  }
  BURSAR_CHECK(!"an unknown period");
}

// A project that the caller may not see is like none.
absl::Status CheckScope(const BudgetScope& scope, const Context& context) {
  if (!scope.member.empty() && context.state.Find(scope.member) == nullptr) return UserNotFound(scope.member);
  if (scope.project.empty()) return absl::OkStatus();
  const bool known = context.state.Find(scope.project) != nullptr &&
                     MayReadProject(context.state, context.principal, scope.project).ok();
  return known ? absl::OkStatus() : ProjectNotFound(scope.project);
}

const Budget* FindLike(const SetBudget& command, const BillingAccount& account) {
  const auto found = std::find_if(account.budgets.begin(), account.budgets.end(), [&](const Budget& budget) {
    return budget.scope == command.scope && budget.period == command.period;
  });
  return found == account.budgets.end() ? nullptr : &*found;
}

// What open holds hold that a new budget counts from now on.
Money HeldIn(const BudgetScope& scope, const BillingAccount& account, const State& state) {
  const Budget budget{.scope = scope};
  Money held;
  for (const auto& [id, hold] : state.holds) {
    if (hold.account == account.id && budget.Counts(hold.user, hold.project, hold.category)) held += hold.Held();
  }
  return held;
}

}  // namespace

absl::StatusOr<Decision> DecideBudget(const SetBudget& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  if (account == nullptr) return BillingAccountNotFound(command.billing_account);
  if (auto status = CheckScope(command.scope, context); !status.ok()) return status;
  const std::string zone_name = command.time_zone.empty() ? "UTC" : command.time_zone;
  const auto zone = FindZone(zone_name);
  if (!zone.has_value()) return InvalidField("time_zone", "is the name of no time zone; name one as IANA does");

  const bool life = command.period == BudgetPeriod::kLife;
  const Budget* known = FindLike(command, *account);
  const bool same_zone = known != nullptr && known->time_zone == zone_name;
  const Window window = same_zone ? WindowAt(*known, context.now) : WindowOf(command.period, *zone, context.now);
  Event event;
  auto& set = *event.mutable_budget_set();
  set.set_budget(known == nullptr ? context.position() : known->id.number());
  set.set_billing_account(account->id.text());
  set.set_currency(account->currency);
  set.set_user_id(command.scope.member.text());
  set.set_project(command.scope.project.number());
  set.set_category(command.scope.category);
  set.set_limit_micros(command.limit.micros());
  set.set_period(ToStorage(command.period));
  set.set_time_zone(life ? "" : zone_name);
  set.set_window_start(absl::ToUnixMicros(window.start));
  set.set_window_end(MicrosOrNever(window.end));
  if (known == nullptr) set.set_held_micros(HeldIn(command.scope, *account, context.state).micros());
  set.set_reason(command.reason);
  set.set_previous_limit_micros(known == nullptr ? 0 : known->limit.micros());
  return Happened(std::move(event));
}

absl::StatusOr<Decision> DecideBudget(const RemoveBudget& command, const Context& context) {
  const auto account = context.state.account_of_budget.find(command.budget);
  if (account == context.state.account_of_budget.end()) return BudgetNotFound(command.budget);
  Event event;
  event.mutable_budget_removed()->set_budget(command.budget.number());
  event.mutable_budget_removed()->set_billing_account(account->second.text());
  return Happened(std::move(event));
}

}  // namespace bursar

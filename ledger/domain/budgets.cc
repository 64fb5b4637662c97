#include "ledger/domain/budgets.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/calendar.h"
#include "ledger/domain/context.h"

namespace bursar {
namespace {

const char* Adjective(BudgetPeriod period) {
  switch (period) {
    case BudgetPeriod::kDay:
      return "daily";
    case BudgetPeriod::kWeek:
      return "weekly";
    case BudgetPeriod::kMonth:
      return "monthly";
    case BudgetPeriod::kLife:
      return "lifetime";
  }
  BURSAR_CHECK(!"an unknown period");
}

}  // namespace

Window WindowAt(const Budget& budget, absl::Time now) {
  if (budget.window.Holds(now) || BURSAR_PLANTED(budget_window_never_turns)) return budget.window;
  // The zone was known when the budget was set. Where this machine's tables have lost it, charging goes on by UTC.
  return WindowOf(budget.period, FindZone(budget.time_zone).value_or(absl::UTCTimeZone()), now);
}

std::string NameOf(const Budget& budget, const BillingAccountId& account) {
  const BudgetScope& scope = budget.scope;
  std::string name = absl::StrCat(Adjective(budget.period), " budget of ");
  if (scope.member.empty() && scope.project.empty()) {
    absl::StrAppend(&name, account.text());
  } else if (scope.member.empty() || scope.project.empty()) {
    absl::StrAppend(&name, scope.member.text(), scope.project.text());
  } else {
    absl::StrAppend(&name, scope.member.text(), " in ", scope.project.text());
  }
  if (!scope.category.empty()) absl::StrAppend(&name, " for ", scope.category);
  return name;
}

void SetBudgetUses(google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses, const BillingAccount& account,
                   const Counted& counted, Money amount, absl::Time now) {
  if (amount == Money()) return;
  for (const Budget& budget : account.budgets) {
    if (!counted.By(budget)) continue;
    const Window window = WindowAt(budget, now);
    auto& use = *uses.Add();
    use.set_budget(budget.id.number());
    use.set_window_start(absl::ToUnixMicros(window.start));
    use.set_window_end(MicrosOrNever(window.end));
    use.set_amount_micros(amount.micros());
  }
}

}  // namespace bursar

// Ceilings inside billing accounts.
#include <algorithm>

#include "bursar/v1/limit.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

// Whether the caller may set ceilings: operators, the owner, admins.
bool MaySet(World& world, const Asked& asked, const std::string& account) {
  return asked.role == Role::kOperator || AnswersFor(world, asked.person, account);
}

Budget* FindBudget(Account& account, const Budget& like) {
  for (Budget& budget : account.budgets) {
    if (budget.user == like.user && budget.project == like.project && budget.category == like.category &&
        budget.period == like.period) {
      return &budget;
    }
  }
  return nullptr;
}

void ShowBudget(const Account& account, const Budget& budget, v1::Budget& shown) {
  shown.set_budget_id(Name("budget", budget.number));
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_user_id(budget.user);
  shown.set_project_id(budget.project);
  shown.set_category(budget.category);
  shown.set_limit_micros(budget.limit);
  shown.set_period(budget.period);
  shown.set_time_zone(budget.zone);
  if (budget.period == v1::Budget::PERIOD_LIFE) return;
  *shown.mutable_period_start_time() = ToTimestamp(budget.start);
  *shown.mutable_period_end_time() = ToTimestamp(budget.end);
}

Answer SetBudget(World& world, const Asked& asked, const v1::SetBudgetRequest& request) {
  const std::string id = world.Present(request.billing_account());
  if (!MaySet(world, asked, id)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Account* account = world.FindAccount(id);
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  Budget budget{.number = asked.position,
                .user = world.Present(request.user_id()),
                .project = request.project_id(),
                .category = request.category(),
                .limit = request.limit_micros(),
                .period = request.period()};
  if (!budget.user.empty() && world.FindUser(budget.user) == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (!budget.project.empty() && !SeesProject(world, asked, budget.project)) {
    return Refuse(v1::ERROR_REASON_PROJECT_NOT_FOUND);
  }
  if (!request.time_zone().empty() && !IsZone(request.time_zone())) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  budget.zone = request.time_zone().empty() ? "UTC" : request.time_zone();
  if (budget.period == v1::Budget::PERIOD_LIFE) budget.zone.clear();
  SetWindow(budget.period, budget.zone, asked.now, budget.start, budget.end);
  v1::SetBudgetResponse response;
  Budget* set = FindBudget(*account, budget);
  if (set == nullptr) {
    account->budgets.push_back(budget);
    set = &account->budgets.back();
    for (auto& [number, hold] : world.holds) {
      if (!hold.expired && hold.account == id && set->Counts(hold.user, hold.project, hold.category)) {
        hold.budgets.push_back(set->number);
      }
    }
  } else {
    response.set_previous_limit_micros(set->limit);
    budget.number = set->number;
    budget.used = set->UsedAt(asked.now);
    *set = budget;
  }
  ShowBudget(*account, *set, *response.mutable_budget());
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer RemoveBudget(World& world, const Asked& asked, const v1::RemoveBudgetRequest& request) {
  const uint64_t number = NumberOf(request.budget_id());
  for (auto& [id, account] : world.accounts) {
    const auto found = std::find_if(account.budgets.begin(), account.budgets.end(),
                                    [&](const Budget& budget) { return budget.number == number; });
    if (found == account.budgets.end()) continue;
    if (!MaySet(world, asked, id)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
    if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
    account.budgets.erase(found);
    for (auto& [unused, hold] : world.holds) {
      hold.budgets.erase(std::remove(hold.budgets.begin(), hold.budgets.end(), number), hold.budgets.end());
    }
    v1::RemoveBudgetResponse response;
    response.set_budget_id(request.budget_id());
    response.set_billing_account(id);
    response.set_position(asked.position);
    return Give(std::move(response));
  }
  return Refuse(asked.role == Role::kOperator ? v1::ERROR_REASON_BUDGET_NOT_FOUND : v1::ERROR_REASON_PERMISSION_DENIED);
}

Answer ListBudgets(World& world, const Asked& asked, const v1::ListBudgetsRequest& request) {
  if (request.billing_account().empty() || !request.page_token().empty()) return NoOpinion();
  const std::string id = world.Present(request.billing_account());
  // Whether budgets follow a merged name is not documented.
  if (id != request.billing_account()) return NoOpinion();
  if (!MayReadAccount(world, asked, id)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  const Account* account = world.FindAccount(id);
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (account->budgets.size() > 100 || request.page_size() != 0) return NoOpinion();
  const auto& seen = asked.Seen<v1::ListBudgetsResponse>();
  v1::ListBudgetsResponse response;
  for (const Budget& budget : account->budgets) {
    v1::BudgetStanding& shown = *response.add_budgets();
    Budget now = budget;
    if (asked.now >= now.end) SetWindow(now.period, now.zone, asked.now, now.start, now.end);
    ShowBudget(*account, now, *shown.mutable_budget());
    Wide held = 0;
    for (const auto& [number, hold] : world.holds) {
      const bool counted = std::find(hold.budgets.begin(), hold.budgets.end(), budget.number) != hold.budgets.end();
      if (!hold.expired && counted) held += Total(hold.pieces);
    }
    shown.set_used_micros(Narrow(budget.UsedAt(asked.now)));
    shown.set_held_micros(Narrow(held));
    shown.set_available_micros(Narrow(budget.limit - budget.UsedAt(asked.now) - held));
    const int index = response.budgets_size() - 1;
    if (index < seen.budgets_size()) shown.set_name(seen.budgets(index).name());
    shown.set_currency(account->currency);
  }
  response.set_position(asked.position);
  return Tell(std::move(response));
}

}  // namespace

void AddBudgets(Handlers& handlers) {
  On<v1::SetBudgetRequest>(handlers, SetBudget);
  On<v1::RemoveBudgetRequest>(handlers, RemoveBudget);
  On<v1::ListBudgetsRequest>(handlers, ListBudgets);
}

}  // namespace bursar::oracle

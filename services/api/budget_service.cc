// bursar.v1.LimitService: budgets.
#include <algorithm>

#include "bursar/v1/limit.pb.h"
#include "ledger/base/check.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/context.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

BudgetPeriod ParsePeriod(v1::Budget::Period period) {
  switch (period) {
    case v1::Budget::PERIOD_DAY:
      return BudgetPeriod::kDay;
    case v1::Budget::PERIOD_WEEK:
      return BudgetPeriod::kWeek;
    case v1::Budget::PERIOD_MONTH:
      return BudgetPeriod::kMonth;
    default:
      return BudgetPeriod::kLife;
  }
}

v1::Budget::Period ToPeriod(BudgetPeriod period) {
  switch (period) {
    case BudgetPeriod::kDay:
      return v1::Budget::PERIOD_DAY;
    case BudgetPeriod::kWeek:
      return v1::Budget::PERIOD_WEEK;
    case BudgetPeriod::kMonth:
      return v1::Budget::PERIOD_MONTH;
    case BudgetPeriod::kLife:
      return v1::Budget::PERIOD_LIFE;
  }
  BURSAR_CHECK(!"an unknown period");
}

// The period that never begins anew has neither start nor end.
void SetPeriodTimes(v1::Budget& shown, const Window& window) {
  if (window.end == absl::InfiniteFuture()) return;
  *shown.mutable_period_start_time() = ToTimestamp(window.start);
  *shown.mutable_period_end_time() = ToTimestamp(window.end);
}

absl::StatusOr<Command> ParseSetBudget(const Call&, const v1::SetBudgetRequest& request) {
  return SetBudget{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                   .scope = {.member = IdOf<UserId>(request.user_id()),
                             .project = IdOf<ProjectId>(request.project_id()),
                             .category = request.category()},
                   .limit = Money::Micros(request.limit_micros()),
                   .period = ParsePeriod(request.period()),
                   .time_zone = request.time_zone(),
                   .reason = request.reason()};
}

v1::SetBudgetResponse RenderSetBudget(const Entry& entry) {
  v1::SetBudgetResponse response;
  const auto& set = EventOf(entry, Event::kBudgetSet).budget_set();
  v1::Budget& budget = *response.mutable_budget();
  budget.set_budget_id(BudgetId(set.budget()).text());
  budget.set_billing_account(set.billing_account());
  budget.set_currency(set.currency());
  budget.set_user_id(set.user_id());
  budget.set_project_id(ProjectId(set.project()).text());
  budget.set_category(set.category());
  budget.set_limit_micros(set.limit_micros());
  // Both enums have the same numbers.
  budget.set_period(static_cast<v1::Budget::Period>(set.period()));
  budget.set_time_zone(set.time_zone());
  SetPeriodTimes(budget, {.start = absl::FromUnixMicros(set.window_start()), .end = TimeOrNever(set.window_end())});
  response.set_previous_limit_micros(set.previous_limit_micros());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseRemoveBudget(const Call&, const v1::RemoveBudgetRequest& request) {
  return RemoveBudget{.budget = IdOf<BudgetId>(request.budget_id())};
}

v1::RemoveBudgetResponse RenderRemoveBudget(const Entry& entry) {
  v1::RemoveBudgetResponse response;
  const auto& removed = EventOf(entry, Event::kBudgetRemoved).budget_removed();
  response.set_budget_id(BudgetId(removed.budget()).text());
  response.set_billing_account(removed.billing_account());
  response.set_position(entry.position());
  return response;
}

v1::BudgetStanding ToStanding(const Budget& budget, const BillingAccount& account, absl::Time now) {
  v1::BudgetStanding standing;
  v1::Budget& shown = *standing.mutable_budget();
  shown.set_budget_id(budget.id.text());
  shown.set_billing_account(account.id.text());
  shown.set_currency(account.currency);
  shown.set_user_id(budget.scope.member.text());
  shown.set_project_id(budget.scope.project.text());
  shown.set_category(budget.scope.category);
  shown.set_limit_micros(budget.limit.micros());
  shown.set_period(ToPeriod(budget.period));
  shown.set_time_zone(budget.time_zone);
  SetPeriodTimes(shown, WindowAt(budget, now));
  standing.set_used_micros(budget.UsedAt(now).micros());
  standing.set_held_micros(budget.held.micros());
  standing.set_available_micros(budget.Available(now).micros());
  standing.set_name(NameOf(budget, account.id));
  standing.set_currency(account.currency);
  return standing;
}

absl::StatusOr<v1::ListBudgetsResponse> ListBudgets(const Call& call, const v1::ListBudgetsRequest& request,
                                                    const State& state, absl::Time now) {
  const auto id = AccountOrDefault(state, call, request.billing_account());
  if (!id.ok()) return id.status();
  if (auto status = MayReadAccount(state, call.principal, *id); !status.ok()) return status;
  const BillingAccount* account = state.Find(*id);
  if (account == nullptr) return BillingAccountNotFound(*id);
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto after = BudgetId::Parse(*token);
  if (!after.has_value() && !token->empty()) return BadPageToken();

  auto next = std::find_if(account->budgets.begin(), account->budgets.end(),
                           [&](const Budget& budget) { return !after.has_value() || *after < budget.id; });
  v1::ListBudgetsResponse response;
  for (size_t left = PageSize(request.page_size()); next != account->budgets.end() && left > 0; ++next, --left) {
    *response.add_budgets() = ToStanding(*next, *account, now);
  }
  if (next != account->budgets.end()) response.set_next_page_token(ToPageToken((next - 1)->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddBudgets(Methods& methods, Ledger& ledger) {
  methods.Write<v1::SetBudgetRequest, v1::SetBudgetResponse>(ParseSetBudget, RenderSetBudget);
  methods.Write<v1::RemoveBudgetRequest, v1::RemoveBudgetResponse>(ParseRemoveBudget, RenderRemoveBudget);
  methods.Read<v1::ListBudgetsRequest, v1::ListBudgetsResponse>(
      [&ledger](const Call& call, const v1::ListBudgetsRequest& request) {
        return FromState<v1::ListBudgetsResponse>(
            ledger, [&](const State& state, absl::Time now) { return ListBudgets(call, request, state, now); });
      });
}

}  // namespace bursar

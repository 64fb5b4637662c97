// Credits, payments, limits and budgets in the state; what they do to balances is said in balance.cc.
#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/evolution.h"

namespace bursar {
namespace {

BudgetPeriod PeriodOf(storage::v1::BudgetSet::Period period) {
  switch (period) {
    case storage::v1::BudgetSet::PERIOD_DAY:
      return BudgetPeriod::kDay;
    case storage::v1::BudgetSet::PERIOD_WEEK:
      return BudgetPeriod::kWeek;
    case storage::v1::BudgetSet::PERIOD_MONTH:
      return BudgetPeriod::kMonth;
    default:
      return BudgetPeriod::kLife;
  }
}

}  // namespace

void Evolution::On(const storage::v1::CreditGranted& event) {
  BillingAccount& account = Account(event.billing_account());
  ExpectCredit(account, *account.balance.Find(CreditId(event.credit())));
  const bool spendable = event.actions().empty() && event.effective_time() <= entry_.commit_time();
  if (spendable) Rebase(account, event.funds_after_micros());
  if (event.origin() != storage::v1::CreditGranted::ORIGIN_PROMOTION) return;
  UserOf(event.billing_account()).entitlement->status = Entitlement::Status::kGranted;
}

void Evolution::On(const storage::v1::CreditTookEffect& event) {
  BillingAccount& account = Account(event.billing_account());
  const Credit& credit = *account.balance.Find(CreditId(event.credit()));
  Forget(Due::Kind::kCreditTakesEffect, credit.effective_time, credit.id.number());
  if (credit.actions.empty()) Rebase(account, event.funds_after_micros());
}

void Evolution::On(const storage::v1::CreditExpired& event) {
  ForgetCredit(*Account(event.billing_account()).balance.Find(CreditId(event.credit())));
}

void Evolution::On(const storage::v1::CreditRevoked& event) {
  ForgetCredit(*Account(event.billing_account()).balance.Find(CreditId(event.credit())));
}

void Evolution::On(const storage::v1::PaymentRecorded& event) {
  BillingAccount& account = Account(event.billing_account());
  if (event.credit() != 0) state_.account_of_credit[CreditId(event.credit())] = account.id;
  Rebase(account, event.funds_after_micros());
}

void Evolution::On(const storage::v1::FundsMovedOut& event) {
  const Balance& balance = Account(event.billing_account()).balance;
  for (const auto& moved : event.credits()) ForgetCredit(*balance.Find(CreditId(moved.credit())));
}

void Evolution::On(const storage::v1::FundsMovedIn& event) {
  BillingAccount& account = Account(event.billing_account());
  Money gained = Money() - Money::Micros(event.outstanding_micros());
  for (const auto& moved : event.credits()) {
    ExpectCredit(account, *account.balance.Find(CreditId(moved.credit())));
    // What comes to a credit that is over leaves it at once.
    const bool expired = moved.expire_time() != 0 && moved.expire_time() <= entry_.commit_time();
    if (account.balance.Find(CreditId(moved.credit()))->over) continue;
    const bool spendable = moved.actions().empty() && moved.effective_time() <= entry_.commit_time() && !expired;
    if (spendable) gained += Money::Micros(moved.amount_micros());
  }
  // Debt alone leaves the base where it was.
  if (gained > Money()) Rebase(account, event.funds_after_micros());
}

void Evolution::On(const storage::v1::SpendingLimitSet& event) {
  BillingAccount& account = Account(event.billing_account());
  // Whoever sets the limit after an increase that ends by itself means the new one to stay.
  ForgetEndingIncrease(account);
  if (event.increase() != 0) {
    const LimitIncrease& increase = IncreaseOf(event.increase());
    if (increase.end_time != absl::InfiniteFuture()) {
      account.ending_increase = increase.id;
      Expect(Due::Kind::kIncreaseEnds, increase.end_time, increase.id.number());
    }
  }
  if (event.limit_micros() > event.previous_limit_micros()) Rebase(account, event.funds_after_micros());
}

void Evolution::On(const storage::v1::LimitIncreaseRequested& event) {
  const IncreaseId id(event.increase());
  BillingAccount& account = Account(event.billing_account());
  LimitIncrease& increase = state_.increases[id];
  increase = {.id = id,
              .account = account.id,
              .requester = UserId::Trusted(event.user_id()),
              .requested_limit = Money::Micros(event.requested_limit_micros()),
              .limit_at_request = Money::Micros(event.current_limit_micros()),
              .purchase_order = event.purchase_order(),
              .reason = event.reason(),
              .request_time = time_,
              .expire_time = TimeOrNever(event.expire_time())};
  account.open_increase = id;
  Expect(Due::Kind::kIncreaseExpires, increase.expire_time, event.increase());
}

void Evolution::On(const storage::v1::LimitIncreaseSuperseded& event) {
  Close(event.increase(), LimitIncrease::Status::kSuperseded);
}

void Evolution::On(const storage::v1::LimitIncreaseApproved& event) {
  LimitIncrease& increase = Close(event.increase(), LimitIncrease::Status::kApproved);
  increase.approved_limit = Money::Micros(event.approved_limit_micros());
  increase.decided_by = event.approver();
  increase.decision_note = event.note();
  increase.end_time = TimeOrNever(event.end_time());
  increase.limit_afterwards = Money::Micros(event.previous_limit_micros());
}

void Evolution::On(const storage::v1::LimitIncreaseDenied& event) {
  LimitIncrease& increase = Close(event.increase(), LimitIncrease::Status::kDenied);
  increase.decided_by = event.approver();
  increase.decision_note = event.reason();
}

void Evolution::On(const storage::v1::LimitIncreaseWithdrawn& event) {
  Close(event.increase(), LimitIncrease::Status::kWithdrawn);
}

void Evolution::On(const storage::v1::LimitIncreaseExpired& event) {
  Close(event.increase(), LimitIncrease::Status::kExpired);
}

void Evolution::On(const storage::v1::LimitIncreaseEnded& event) {
  ForgetEndingIncrease(Account(event.billing_account()));
}

void Evolution::On(const storage::v1::BudgetSet& event) {
  const BudgetId id(event.budget());
  BillingAccount& account = Account(event.billing_account());
  Budget* budget = account.Find(id);
  if (budget == nullptr) {
    budget = &account.budgets.emplace_back();
    budget->id = id;
    budget->scope = {.member = UserId::Trusted(event.user_id()),
                     .project = ProjectId(event.project()),
                     .category = event.category()};
    budget->held = Money::Micros(event.held_micros());
    state_.account_of_budget[id] = account.id;
    for (auto& [number, hold] : state_.holds) {
      if (hold.account == account.id && budget->Counts(hold.user, hold.project, hold.category))
        hold.budgets.push_back(id);
    }
  }
  budget->limit = Money::Micros(event.limit_micros());
  budget->period = PeriodOf(event.period());
  budget->time_zone = event.time_zone();
  // What was used stays, also where another zone's calendar counts from now on.
  budget->used = budget->UsedAt(time_);
  budget->window = {.start = absl::FromUnixMicros(event.window_start()), .end = TimeOrNever(event.window_end())};
}

void Evolution::On(const storage::v1::BudgetRemoved& event) {
  const BudgetId id(event.budget());
  std::vector<Budget>& budgets = Account(event.billing_account()).budgets;
  budgets.erase(std::remove_if(budgets.begin(), budgets.end(), [&](const Budget& one) { return one.id == id; }),
                budgets.end());
  state_.account_of_budget.erase(id);
  for (auto& [number, hold] : state_.holds) {
    hold.budgets.erase(std::remove(hold.budgets.begin(), hold.budgets.end(), id), hold.budgets.end());
  }
}

void Evolution::On(const storage::v1::FundsThresholdCrossed& event) {
  Account(event.billing_account()).crossed_percent = event.percent();
}

void Evolution::On(const storage::v1::FundsRestored& event) {
  Account(event.billing_account()).crossed_percent = event.percent();
}

void Evolution::ExpectCredit(const BillingAccount& account, const Credit& credit) {
  state_.account_of_credit[credit.id] = account.id;
  if (credit.effective_time > time_) Expect(Due::Kind::kCreditTakesEffect, credit.effective_time, credit.id.number());
  Expect(Due::Kind::kCreditExpires, credit.expire_time, credit.id.number());
}

void Evolution::ForgetCredit(const Credit& credit) {
  Forget(Due::Kind::kCreditTakesEffect, credit.effective_time, credit.id.number());
  Forget(Due::Kind::kCreditExpires, credit.expire_time, credit.id.number());
}

void Evolution::Rebase(BillingAccount& account, int64_t funds_micros) {
  if (funds_micros > 0) account.funds_base = Money::Micros(funds_micros);
}

LimitIncrease& Evolution::Close(uint64_t number, LimitIncrease::Status status) {
  LimitIncrease& increase = IncreaseOf(number);
  increase.status = status;
  increase.decision_time = time_;
  Forget(Due::Kind::kIncreaseExpires, increase.expire_time, number);
  Account(increase.account.text()).open_increase = IncreaseId();
  return increase;
}

void Evolution::ForgetEndingIncrease(BillingAccount& account) {
  if (account.ending_increase.empty()) return;
  const LimitIncrease& ending = IncreaseOf(account.ending_increase.number());
  Forget(Due::Kind::kIncreaseEnds, ending.end_time, ending.id.number());
  account.ending_increase = IncreaseId();
}

}  // namespace bursar

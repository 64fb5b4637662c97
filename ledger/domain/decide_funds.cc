// What raises or lowers funds without an action: payments, credits, the spending limit.
#include <algorithm>

#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

// The account, in the currency that the caller thinks it has.
absl::StatusOr<const BillingAccount*> FindAccount(const BillingAccountId& id, const std::string& currency,
                                                  const State& state) {
  const BillingAccount* account = state.Find(id);
  if (account == nullptr) return BillingAccountNotFound(id);
  if (!currency.empty() && currency != account->currency) return CurrencyMismatch(currency, account->currency);
  return account;
}

// Credits not used up, so that no account's funds can overflow.
bool HasRoomFor(Money amount, const Balance& balance) {
  Money total = amount;
  for (const Credit& credit : balance.credits) total += credit.available + credit.held;
  return total <= kMostMoney;
}

}  // namespace

absl::StatusOr<Decision> DecideFunds(const RecordPayment& command, const Context& context) {
  const auto account = FindAccount(command.billing_account, command.currency, context.state);
  if (!account.ok()) return account.status();
  const Balance& balance = (*account)->balance;
  const Money settled = std::min(command.amount, balance.outstanding);
  const Money prepaid = command.amount - settled;
  if (!HasRoomFor(prepaid, balance)) return AmountTooLarge("prepaid credit");
  const Money funds = balance.Funds(context.now) + command.amount;
  Event event;
  auto& recorded = *event.mutable_payment_recorded();
  recorded.set_billing_account((*account)->id.text());
  recorded.set_amount_micros(command.amount.micros());
  recorded.set_currency((*account)->currency);
  recorded.set_settled_micros(settled.micros());
  recorded.set_prepaid_micros(prepaid.micros());
  recorded.set_credit(prepaid > Money() ? context.position() : 0);
  recorded.set_reference(command.reference);
  recorded.set_funds_after_micros(funds.micros());
  Decision decision = Happened(event);
  NoticeNewBase(decision.events, **account, funds);
  return decision;
}

absl::StatusOr<Decision> DecideFunds(const GrantCredit& command, const Context& context) {
  const auto account = FindAccount(command.billing_account, command.currency, context.state);
  if (!account.ok()) return account.status();
  const absl::Time effective = command.effective_time.value_or(context.now);
  if (effective < context.now)
    return InvalidField("effective_time", "is in the past; leave it out to grant from now on");
  if (command.expire_time.has_value() && *command.expire_time <= effective) {
    return InvalidField("expire_time", "is not after the time from which the credit may be spent");
  }
  const Balance& balance = (*account)->balance;
  if (!HasRoomFor(command.amount, balance)) return AmountTooLarge("sum of credits");
  const bool spendable = effective <= context.now && command.actions.empty();
  const Money funds = balance.Funds(context.now) + (spendable ? command.amount : Money());
  Event event;
  auto& granted = *event.mutable_credit_granted();
  granted.set_credit(context.position());
  granted.set_billing_account((*account)->id.text());
  granted.set_amount_micros(command.amount.micros());
  granted.set_currency((*account)->currency);
  granted.set_origin(storage::v1::CreditGranted::ORIGIN_GRANT);
  granted.set_priority(command.priority);
  granted.set_effective_time(absl::ToUnixMicros(effective));
  granted.set_expire_time(MicrosOrNever(command.expire_time));
  granted.mutable_actions()->Assign(command.actions.begin(), command.actions.end());
  granted.set_reason(command.reason);
  granted.set_funds_after_micros(funds.micros());
  Decision decision = Happened(event);
  spendable ? NoticeNewBase(decision.events, **account, funds) : NoticeFunds(decision.events, **account, funds);
  return decision;
}

absl::StatusOr<Decision> DecideFunds(const SetSpendingLimit& command, const Context& context) {
  const auto account = FindAccount(command.billing_account, command.currency, context.state);
  if (!account.ok()) return account.status();
  return LimitSet(**account, command.limit, command.reason, IncreaseId(), context);
}

Decision LimitSet(const BillingAccount& account, Money limit, const std::string& reason, IncreaseId increase,
                  const Context& context) {
  const Money funds = account.balance.Funds(context.now) - account.balance.limit + limit;
  Event event;
  auto& set = *event.mutable_spending_limit_set();
  set.set_billing_account(account.id.text());
  set.set_limit_micros(limit.micros());
  set.set_previous_limit_micros(account.balance.limit.micros());
  set.set_currency(account.currency);
  set.set_reason(reason);
  set.set_increase(increase.number());
  set.set_funds_after_micros(funds.micros());
  Decision decision = Happened(event);
  const bool raised = limit > account.balance.limit;
  raised ? NoticeNewBase(decision.events, account, funds) : NoticeFunds(decision.events, account, funds);
  return decision;
}

}  // namespace bursar

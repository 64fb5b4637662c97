#include "ledger/domain/closing.h"

#include <utility>

#include "ledger/domain/notices.h"

namespace bursar {

Money SpendableOf(const Credit& credit, absl::Time now) {
  return credit.IsInForce(now) && credit.actions.empty() ? credit.available : Money();
}

Unsettled UnsettledOf(const BillingAccount& account, const State& state) {
  Unsettled left{.outstanding = account.balance.outstanding, .held = account.balance.Held()};
  for (const Credit& credit : account.balance.credits) {
    if (credit.origin == storage::v1::CreditGranted::ORIGIN_PAYMENT) left.prepaid += credit.available;
  }
  for (const auto& [id, hold] : state.holds) {
    if (hold.account == account.id || hold.sponsored.account == account.id) ++left.open_holds;
  }
  return left;
}

Closing::Closing(Events& events, const BillingAccount& account, const Context& context)
    : events_(events), account_(account), context_(context), funds_(account.balance.Funds(context.now)) {}

void Closing::WithdrawRequests(const std::string& reason) {
  if (!account_.open_increase.empty()) {
    auto& withdrawn = *events_.emplace_back().mutable_limit_increase_withdrawn();
    withdrawn.set_increase(account_.open_increase.number());
    withdrawn.set_billing_account(account_.id.text());
  }
  if (!account_.setup.open_change.empty()) {
    auto& closed = *events_.emplace_back().mutable_billing_change_closed();
    closed.set_change(account_.setup.open_change.number());
    closed.set_billing_account(account_.id.text());
    closed.set_reason(reason);
  }
}

void Closing::Revoke(const Credit& credit, const std::string& reason) {
  funds_ -= SpendableOf(credit, context_.now);
  auto& revoked = *events_.emplace_back().mutable_credit_revoked();
  revoked.set_credit(credit.id.number());
  revoked.set_billing_account(account_.id.text());
  revoked.set_amount_micros(credit.available.micros());
  revoked.set_currency(account_.currency);
  revoked.set_reason(reason);
  revoked.set_origin(credit.origin);
  revoked.set_funds_after_micros(funds_.micros());
}

void Closing::MoveOut(storage::v1::FundsMovedOut moved) {
  for (const auto& credit : moved.credits()) {
    funds_ -= SpendableOf(*account_.balance.Find(CreditId(credit.credit())), context_.now);
  }
  funds_ += Money::Micros(moved.outstanding_micros());
  *events_.emplace_back().mutable_funds_moved_out() = std::move(moved);
}

void Closing::DropLimit(const std::string& reason) {
  if (account_.balance.limit == Money()) return;
  funds_ -= account_.balance.limit;
  auto& set = *events_.emplace_back().mutable_spending_limit_set();
  set.set_billing_account(account_.id.text());
  set.set_previous_limit_micros(account_.balance.limit.micros());
  set.set_currency(account_.currency);
  set.set_reason(reason);
  set.set_funds_after_micros(funds_.micros());
}

void Closing::Notice() { NoticeFunds(events_, account_, funds_); }

}  // namespace bursar

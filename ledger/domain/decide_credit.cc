// Taking credits back.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"

namespace bursar {

// What holds have set aside is taken back when it returns (SetReturned); only what was paid in advance is paid back at
// once and as a whole, or not at all.
absl::StatusOr<Decision> DecideFunds(const RevokeCredit& command, const Context& context) {
  const auto found = context.state.account_of_credit.find(command.credit);
  if (found == context.state.account_of_credit.end()) return CreditNotFound(command.credit);
  const BillingAccount& account = *context.state.Find(found->second);
  const Credit* credit = account.balance.Find(command.credit);
  BURSAR_CHECK(credit != nullptr);
  if (credit->over || credit->available + credit->held == Money()) return CreditOver(credit->id);
  const bool paid = credit->origin == storage::v1::CreditGranted::ORIGIN_PAYMENT;
  if (paid && credit->held > Money()) return CreditHeld(credit->id, credit->held, account.currency);

  const bool spendable = credit->actions.empty() && credit->IsInForce(context.now);
  const Money funds = account.balance.Funds(context.now) - (spendable ? credit->available : Money());
  storage::v1::Event event;
  auto& revoked = *event.mutable_credit_revoked();
  revoked.set_credit(credit->id.number());
  revoked.set_billing_account(account.id.text());
  revoked.set_amount_micros(credit->available.micros());
  revoked.set_currency(account.currency);
  revoked.set_reason(command.reason);
  revoked.set_origin(credit->origin);
  revoked.set_funds_after_micros(funds.micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, account, funds);
  return decision;
}

}  // namespace bursar

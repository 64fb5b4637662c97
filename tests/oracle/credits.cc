// Credits granted, paid for and taken back.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bursar/v1/credit.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

// Prepaid credits burn after all that can be granted.
constexpr int32_t kBurnsLast = 1'000'000;

// What an account has in credits, held or not.
Wide InCredits(const Account& account) {
  const Sums sums = account.Add();
  Wide total = 0;
  for (size_t lot = 1; lot < sums.size(); ++lot) total += sums[lot][kAvailable] + sums[lot][kHeld];
  return total;
}

Answer GrantCredit(World& world, const Asked& asked, const v1::GrantCreditRequest& request) {
  Account* account = world.FindAccount(world.Present(request.billing_account()));
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (!request.currency().empty() && request.currency() != account->currency) {
    return Refuse(v1::ERROR_REASON_CURRENCY_MISMATCH);
  }
  Credit credit{.number = asked.position, .granted = request.amount_micros(), .priority = request.priority()};
  credit.effective = request.has_effective_time() ? TimeOf(request.effective_time()) : asked.now;
  credit.expire = request.has_expire_time() ? TimeOf(request.expire_time()) : absl::InfiniteFuture();
  if (credit.effective < asked.now || credit.expire <= credit.effective) {
    return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  }
  if (InCredits(*account) + credit.granted > kMost) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);
  credit.actions.assign(request.actions().begin(), request.actions().end());
  credit.reason = request.reason();
  credit.granted_by = asked.principal;
  const Wide before = Funds(*account, "", asked.now);
  credit.counted = credit.effective <= asked.now;
  const size_t lot = AddCredit(world, *account, credit);
  Notice(*account, true, before, asked.now);
  v1::GrantCreditResponse response;
  *response.mutable_credit() = ShowCredit(*account, lot, account->Add());
  response.set_funds_micros(Narrow(Funds(*account, "", asked.now)));
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer RevokeCredit(World& world, const Asked& asked, const v1::RevokeCreditRequest& request) {
  const uint64_t number = NumberOf(request.credit_id());
  const auto owner = world.account_of_credit.find(number);
  if (owner == world.account_of_credit.end()) return Refuse(v1::ERROR_REASON_CREDIT_NOT_FOUND);
  Account& account = world.accounts[owner->second];
  const size_t lot = account.LotOf(number);
  Credit& credit = account.credits[lot - 1];
  const Sums sums = account.Add();
  const Wide available = sums[lot][kAvailable];
  if (credit.revoked || credit.over || available + sums[lot][kHeld] == 0) return Refuse(v1::ERROR_REASON_CREDIT_OVER);
  if (credit.prepaid && sums[lot][kHeld] > 0) return Refuse(v1::ERROR_REASON_NOT_SETTLED);
  credit.revoked = true;
  account.Put(lot, kAvailable, kRevoked, Narrow(available));
  Notice(account, false, 0, asked.now);
  v1::RevokeCreditResponse response;
  response.set_credit_id(request.credit_id());
  response.set_billing_account(account.id);
  response.set_currency(account.currency);
  response.set_revoked_micros(Narrow(available));
  response.set_paid_back(credit.prepaid);
  response.set_funds_micros(Narrow(Funds(account, "", asked.now)));
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer RecordPayment(World& world, const Asked& asked, const v1::RecordPaymentRequest& request) {
  Account* account = world.FindAccount(world.Present(request.billing_account()));
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (!request.currency().empty() && request.currency() != account->currency) {
    return Refuse(v1::ERROR_REASON_CURRENCY_MISMATCH);
  }
  const Wide settled = std::min(Owed(*account), Wide(request.amount_micros()));
  const Wide prepaid = request.amount_micros() - settled;
  if (InCredits(*account) + prepaid > kMost) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);
  const Wide before = Funds(*account, "", asked.now);
  account->Put(0, kCharged, kOutside, Narrow(settled));
  if (prepaid > 0) {
    AddCredit(world, *account,
              {.number = asked.position,
               .granted = Narrow(prepaid),
               .priority = kBurnsLast,
               .effective = asked.now,
               .granted_by = asked.principal,
               .prepaid = true});
  }
  Notice(*account, true, before, asked.now);
  v1::RecordPaymentResponse response;
  response.set_billing_account(account->id);
  response.set_currency(account->currency);
  response.set_amount_micros(request.amount_micros());
  response.set_settled_micros(Narrow(settled));
  response.set_prepaid_micros(Narrow(prepaid));
  if (prepaid > 0) response.set_credit_id(Name("credit", asked.position));
  response.set_funds_micros(Narrow(Funds(*account, "", asked.now)));
  response.set_position(asked.position);
  return Give(std::move(response));
}

}  // namespace

void AddCredits(Handlers& handlers) {
  On<v1::GrantCreditRequest>(handlers, GrantCredit);
  On<v1::RevokeCreditRequest>(handlers, RevokeCredit);
  On<v1::RecordPaymentRequest>(handlers, RecordPayment);
}

}  // namespace bursar::oracle

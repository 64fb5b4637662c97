// What time alone brings about: holds and credits that have expired.
#include "absl/container/flat_hash_set.h"
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"

namespace bursar {
namespace {

constexpr size_t kMostEvents = 256;

void ExpireHold(Decision& decision, const Hold& hold, const BillingAccount& account, absl::Time now) {
  auto& expired = *decision.events.emplace_back().mutable_hold_expired();
  expired.set_hold(hold.id.number());
  expired.set_billing_account(account.id.text());
  expired.set_currency(account.currency);
  SetReturned(*expired.mutable_returned(), hold.parts, account.balance);
  NoticeFunds(decision.events, account, account.balance.Funds(now) + Unrestricted(hold.parts, account.balance, now));
}

void ExpireCredit(Decision& decision, CreditId id, const BillingAccount& account, absl::Time now) {
  const Credit* credit = account.balance.Find(id);
  BURSAR_CHECK(credit != nullptr);
  auto& expired = *decision.events.emplace_back().mutable_credit_expired();
  expired.set_credit(id.number());
  expired.set_billing_account(account.id.text());
  expired.set_amount_micros(credit->available.micros());
  expired.set_currency(account.currency);
  NoticeFunds(decision.events, account, account.balance.Funds(now));
}

}  // namespace

// In the order of their times. An entry takes no account twice, since what it does to one is worked out from the state
// before it; the writer asks again until nothing is due.
absl::StatusOr<Decision> DecideDue(const Context& context) {
  const State& state = context.state;
  Decision decision;
  absl::flat_hash_set<BillingAccountId> touched;
  auto hold = state.holds_by_expiry.begin();
  auto credit = state.credits_by_expiry.begin();
  while (decision.events.size() < kMostEvents) {
    const bool hold_due = hold != state.holds_by_expiry.end() && hold->first <= context.now;
    const bool credit_due = credit != state.credits_by_expiry.end() && credit->first <= context.now;
    if (!hold_due && !credit_due) break;
    const bool hold_first = hold_due && (!credit_due || hold->first <= credit->first);
    const BillingAccountId& id =
        hold_first ? state.Find(hold->second)->account : state.account_of_credit.at(credit->second);
    if (!touched.insert(id).second) break;
    const BillingAccount* account = state.Find(id);
    BURSAR_CHECK(account != nullptr);
    if (hold_first) {
      ExpireHold(decision, *state.Find((hold++)->second), *account, context.now);
    } else {
      ExpireCredit(decision, (credit++)->second, *account, context.now);
    }
  }
  return decision;
}

}  // namespace bursar

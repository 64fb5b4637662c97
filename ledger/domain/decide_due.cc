// What time alone brings about.
#include <iterator>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/sponsorship.h"

namespace bursar {
namespace {

constexpr size_t kMostEvents = 256;
// So long after a hold's expiry a capture of it is still taken, as usage.
constexpr absl::Duration kLateCapture = absl::Hours(24 * 30);

const BillingAccount& AccountOf(const Due& due, const State& state) {
  switch (due.kind) {
    case Due::Kind::kHoldExpires:
      return *state.Find(state.Find(HoldId(due.number))->account);
    case Due::Kind::kCreditTakesEffect:
    case Due::Kind::kCreditExpires:
      return *state.Find(state.account_of_credit.at(CreditId(due.number)));
    case Due::Kind::kVerificationReminds:
      return *state.Find(state.account_of_reminder.at(due.number));
    case Due::Kind::kSlotStarts:
    case Due::Kind::kSlotEnds:
      return *state.Find(state.assisted_setups.at(AssistedSetupId(due.number)).account);
    case Due::Kind::kIncreaseExpires:
    case Due::Kind::kIncreaseEnds:
      return *state.Find(state.Find(IncreaseId(due.number))->account);
  }
  BURSAR_CHECK(!"an unknown kind of due");
}

// Every account that it changes.
std::vector<BillingAccountId> AccountsOf(const Due& due, const State& state) {
  std::vector<BillingAccountId> accounts = {AccountOf(due, state).id};
  if (due.kind != Due::Kind::kHoldExpires) return accounts;
  const SponsoredHold& sponsored = state.Find(HoldId(due.number))->sponsored;
  if (!sponsored.parts.empty()) accounts.push_back(sponsored.account);
  return accounts;
}

// The sponsor's part before the payer's.
void ExpireHold(Events& events, const Hold& hold, const BillingAccount& account, const Context& context) {
  const absl::Time now = context.now;
  Events of_hold;
  ReturnShare(of_hold, hold, context.state);
  auto& expired = *of_hold.emplace_back().mutable_hold_expired();
  expired.set_hold(hold.id.number());
  expired.set_billing_account(account.id.text());
  expired.set_currency(account.currency);
  SetReturned(*expired.mutable_returned(), hold.parts, account.balance);
  expired.set_late_capture_until_time(absl::ToUnixMicros(now + kLateCapture));
  NoticeFunds(of_hold, account, account.balance.Funds(now) + Unrestricted(hold.parts, account.balance, now));
  NoticeSponsor(of_hold, context.state, now);
  events.insert(events.end(), std::make_move_iterator(of_hold.begin()), std::make_move_iterator(of_hold.end()));
}

void TakeEffect(Events& events, CreditId id, const BillingAccount& account, absl::Time now) {
  const Money funds = account.balance.Funds(now);
  auto& took = *events.emplace_back().mutable_credit_took_effect();
  took.set_credit(id.number());
  took.set_billing_account(account.id.text());
  took.set_funds_after_micros(funds.micros());
  const bool for_all = account.balance.Find(id)->actions.empty();
  for_all ? NoticeNewBase(events, account, funds) : NoticeFunds(events, account, funds);
}

void ExpireCredit(Events& events, CreditId id, const BillingAccount& account, absl::Time now) {
  const Credit* credit = account.balance.Find(id);
  BURSAR_CHECK(credit != nullptr);
  auto& expired = *events.emplace_back().mutable_credit_expired();
  expired.set_credit(id.number());
  expired.set_billing_account(account.id.text());
  expired.set_amount_micros(credit->available.micros());
  expired.set_currency(account.currency);
  NoticeFunds(events, account, account.balance.Funds(now));
}

// What is due of one account, worked out from the state before the entry.
void Happen(Events& events, const Due& due, const BillingAccount& account, const Context& context) {
  switch (due.kind) {
    case Due::Kind::kHoldExpires:
      return ExpireHold(events, *context.state.Find(HoldId(due.number)), account, context);
    case Due::Kind::kCreditTakesEffect:
      return TakeEffect(events, CreditId(due.number), account, context.now);
    case Due::Kind::kCreditExpires:
      return ExpireCredit(events, CreditId(due.number), account, context.now);
    case Due::Kind::kVerificationReminds:
      return RemindContact(events, account);
    case Due::Kind::kSlotStarts:
      return StartSlot(events, context.state.assisted_setups.at(AssistedSetupId(due.number)), context.now);
    case Due::Kind::kSlotEnds:
      return MissSlot(events, context.state.assisted_setups.at(AssistedSetupId(due.number)));
    case Due::Kind::kIncreaseExpires:
      return ExpireIncrease(events, *context.state.Find(IncreaseId(due.number)));
    case Due::Kind::kIncreaseEnds:
      return EndIncrease(events, *context.state.Find(IncreaseId(due.number)), account, context);
  }
}

}  // namespace

// In the order of their times. An entry takes no account twice, since what it does to one is worked out from the state
// before it; the writer asks again until nothing is due.
absl::StatusOr<Decision> DecideDue(const Context& context) {
  Decision decision;
  absl::flat_hash_set<BillingAccountId> touched;
  for (const Due& due : context.state.due) {
    if (due.time > context.now || decision.events.size() >= kMostEvents) break;
    const std::vector<BillingAccountId> accounts = AccountsOf(due, context.state);
    if (absl::c_any_of(accounts, [&](const BillingAccountId& id) { return touched.contains(id); })) break;
    touched.insert(accounts.begin(), accounts.end());
    Happen(decision.events, due, AccountOf(due, context.state), context);
  }
  return decision;
}

}  // namespace bursar

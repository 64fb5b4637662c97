#include "ledger/domain/outlook.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "ledger/base/check.h"
#include "ledger/domain/notices.h"

namespace bursar {
namespace {

using storage::v1::Event;

bool IsPrepaid(const Credit& credit) { return credit.origin == storage::v1::CreditGranted::ORIGIN_PAYMENT; }

// Credits that could be spent always have no date; the log's times begin with the year 1970.
int64_t EffectiveMicros(const Credit& credit) {
  return std::max<int64_t>(absl::ToUnixMicros(credit.effective_time), 0);
}

storage::v1::MovedCredit Moved(const Credit& credit) {
  storage::v1::MovedCredit moved;
  moved.set_credit(credit.id.number());
  moved.set_amount_micros(credit.available.micros());
  moved.set_priority(credit.priority);
  moved.set_effective_time(EffectiveMicros(credit));
  moved.set_expire_time(MicrosOrNever(credit.expire_time));
  moved.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
  moved.set_reason(credit.reason);
  moved.set_granted_by(credit.granted_by);
  moved.set_origin(credit.origin);
  return moved;
}

// As the state takes it: what cannot be spent on everything at once is no new base for thresholds, nor is debt.
bool AddsFunds(const storage::v1::FundsMovedIn& event, const Balance& after, int64_t now_micros) {
  int64_t gained = -event.outstanding_micros();
  for (const auto& moved : event.credits()) {
    const bool expired = moved.expire_time() != 0 && moved.expire_time() <= now_micros;
    if (after.Find(CreditId(moved.credit()))->over) continue;
    if (moved.actions().empty() && moved.effective_time() <= now_micros && !expired) gained += moved.amount_micros();
  }
  return gained > 0;
}

}  // namespace

void Outlook::Happen(const BillingAccount& account, Event event) {
  Seen& seen = See(account);
  seen.balance.Apply(event, context_.position(), context_.principal.text());
  seen.rebased |= event.has_funds_moved_in() && AddsFunds(event.funds_moved_in(), seen.balance, context_.now_micros());
  events_.push_back(std::move(event));
}

void Outlook::PassOn(const BillingAccount& account, const std::string& reason) {
  const BillingAccount& present = *context_.state.Find(context_.state.Present(account.id));
  Leave(account, reason);
  if (present.id == account.id) return;
  Move(account, present);
  Leave(present, reason);
}

Decision Outlook::Finish() && {
  Decision decision;
  decision.events = std::move(events_);
  for (Event& event : decision.events) SayFunds(event);
  for (const Seen& seen : seen_) {
    const Money funds = seen.balance.Funds(context_.now);
    seen.rebased ? NoticeNewBase(decision.events, *seen.account, funds)
                 : NoticeFunds(decision.events, *seen.account, funds);
  }
  return decision;
}

Outlook::Seen& Outlook::See(const BillingAccount& account) {
  const auto found = absl::c_find_if(seen_, [&](const Seen& seen) { return seen.account == &account; });
  return found != seen_.end() ? *found : seen_.emplace_back(Seen{.account = &account, .balance = account.balance});
}

void Outlook::Move(const BillingAccount& from, const BillingAccount& into) {
  const Balance& balance = BalanceOf(from);
  Event out;
  auto& moved_out = *out.mutable_funds_moved_out();
  moved_out.set_billing_account(from.id.text());
  moved_out.set_to_billing_account(into.id.text());
  moved_out.set_currency(from.currency);
  for (const Credit& credit : balance.credits) {
    if (credit.available > Money()) *moved_out.add_credits() = Moved(credit);
  }
  moved_out.set_outstanding_micros(balance.outstanding.micros());
  if (moved_out.credits().empty() && balance.outstanding == Money()) return;
  Event in;
  auto& moved_in = *in.mutable_funds_moved_in();
  moved_in.set_billing_account(into.id.text());
  moved_in.set_from_billing_account(from.id.text());
  moved_in.set_currency(into.currency);
  *moved_in.mutable_credits() = moved_out.credits();
  moved_in.set_outstanding_micros(moved_out.outstanding_micros());
  Happen(from, std::move(out));
  Happen(into, std::move(in));
}

void Outlook::Leave(const BillingAccount& account, const std::string& reason) {
  // A copy: what happens changes the credits.
  const std::vector<Credit> credits = BalanceOf(account).credits;
  for (const Credit& credit : credits) {
    // What has moved is followed.
    if (!credit.over || credit.available == Money() || credit.moved > Money()) continue;
    Event event;
    if (credit.taken_back) {
      auto& revoked = *event.mutable_credit_revoked();
      revoked.set_credit(credit.id.number());
      revoked.set_billing_account(account.id.text());
      revoked.set_amount_micros(credit.available.micros());
      revoked.set_currency(account.currency);
      revoked.set_reason(reason);
      revoked.set_origin(credit.origin);
    } else {
      auto& expired = *event.mutable_credit_expired();
      expired.set_credit(credit.id.number());
      expired.set_billing_account(account.id.text());
      expired.set_amount_micros(credit.available.micros());
      expired.set_currency(account.currency);
    }
    Happen(account, std::move(event));
  }
}

Money Outlook::FundsOf(const std::string& account) const {
  const auto found = absl::c_find_if(seen_, [&](const Seen& seen) { return seen.account->id.text() == account; });
  BURSAR_CHECK(found != seen_.end());
  return found->balance.Funds(context_.now);
}

void Outlook::SayFunds(Event& event) const {
  if (event.has_charge_reversed()) {
    auto& reversed = *event.mutable_charge_reversed();
    reversed.set_funds_after_micros(FundsOf(reversed.billing_account()).micros());
  }
  if (event.has_credit_revoked()) {
    auto& revoked = *event.mutable_credit_revoked();
    revoked.set_funds_after_micros(FundsOf(revoked.billing_account()).micros());
  }
  if (event.has_funds_moved_in()) {
    auto& moved = *event.mutable_funds_moved_in();
    moved.set_funds_after_micros(FundsOf(moved.billing_account()).micros());
  }
  if (event.has_hold_released()) {
    // For the hold's own action, which may have credits of its own.
    auto& released = *event.mutable_hold_released();
    const Hold& hold = *context_.state.Find(HoldId(released.hold()));
    const auto found = absl::c_find_if(seen_, [&](const Seen& seen) { return seen.account->id == hold.account; });
    BURSAR_CHECK(found != seen_.end());
    released.set_funds_after_micros(found->balance.Funds(hold.action, context_.now).micros());
  }
}

storage::v1::Part ReturnedPart(CreditId id, Money amount, const Balance& balance) {
  storage::v1::Part part;
  part.set_credit(id.number());
  part.set_amount_micros(amount.micros());
  if (id.empty()) return part;
  const Credit* credit = balance.Find(id);
  BURSAR_CHECK(credit != nullptr);
  // What moved away is followed, and what was paid in advance is paid back: by events of their own.
  if (!credit->over || credit->moved > Money() || (credit->taken_back && IsPrepaid(*credit))) return part;
  part.set_credit_revoked(credit->taken_back);
  part.set_credit_expired(!credit->taken_back);
  return part;
}

}  // namespace bursar

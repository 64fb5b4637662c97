// Two users who are one person. Only this moves money from one account to another.
#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/closing.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using storage::v1::FundsMovedOut;
using Promise = Entitlement::Status;

// The one who is no more, and the one who stays.
struct Pair {
  const User& from;
  const User& into;
  const BillingAccount& from_account;
  const BillingAccount& into_account;
};

const char* WhyNotMergeable(const Pair& pair) {
  if (pair.from.id == pair.into.id) return "they are the same user";
  if (pair.from.status == User::Status::kMerged || pair.into.status == User::Status::kMerged)
    return "one of them was merged before";
  if (pair.from.status == User::Status::kClosed || pair.into.status == User::Status::kClosed)
    return "one of them is closed";
  if (pair.from_account.currency != pair.into_account.currency) return "their currencies differ";
  return nullptr;
}

// Only a hold keeps money where it is; what is owed and what is prepaid moves.
Unsettled HeldOf(const BillingAccount& account, const State& state) {
  Unsettled left = UnsettledOf(account, state);
  return {.held = left.held, .open_holds = left.open_holds};
}

bool Has(const User& user, Promise status) {
  return user.entitlement.has_value() && user.entitlement->status == status;
}

// One promotion credit per person, ever: where both were granted one, the survivor's stays.
bool IsSecondPromotion(const Credit& credit, const Pair& pair) {
  return credit.origin == storage::v1::CreditGranted::ORIGIN_PROMOTION && Has(pair.into, Promise::kGranted);
}

// Whether the promise, or the grant, of the one who is no more becomes the survivor's. A promise that can only be
// redeemed when billing is first confirmed is of no use to somebody whose billing is.
bool TakesOverPromise(const Pair& pair) {
  if (Has(pair.into, Promise::kGranted)) return false;
  if (Has(pair.from, Promise::kGranted)) return true;
  return Has(pair.from, Promise::kEntitled) && !pair.into.entitlement.has_value() &&
         pair.into_account.setup.status != BillingSetup::Status::kConfirmed;
}

void LapsePromise(Events& events, const User& user, const char* reason) {
  if (!Has(user, Promise::kEntitled)) return;
  auto& lapsed = *events.emplace_back().mutable_promotion_lapsed();
  lapsed.set_user_id(user.id.text());
  lapsed.set_promotion_id(user.entitlement->promotion_id);
  lapsed.set_reason(reason);
}

FundsMovedOut WhatMoves(const Pair& pair) {
  FundsMovedOut moved;
  moved.set_billing_account(pair.from_account.id.text());
  moved.set_to_billing_account(pair.into_account.id.text());
  moved.set_currency(pair.from_account.currency);
  moved.set_outstanding_micros(pair.from_account.balance.outstanding.micros());
  for (const Credit& credit : pair.from_account.balance.credits) {
    if (credit.over || credit.available == Money() || IsSecondPromotion(credit, pair)) continue;
    auto& one = *moved.add_credits();
    one.set_credit(credit.id.number());
    one.set_amount_micros(credit.available.micros());
    one.set_priority(credit.priority);
    one.set_effective_time(credit.effective_time == absl::InfinitePast() ? 0
                                                                         : absl::ToUnixMicros(credit.effective_time));
    one.set_expire_time(MicrosOrNever(credit.expire_time));
    one.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
    one.set_reason(credit.reason);
    one.set_granted_by(credit.granted_by);
    one.set_origin(credit.origin);
  }
  return moved;
}

bool IsNothing(const FundsMovedOut& moved) { return moved.credits().empty() && moved.outstanding_micros() == 0; }

absl::Status CheckRoom(const FundsMovedOut& moved, const Balance& balance) {
  Money total;
  for (const Credit& credit : balance.credits) total += credit.available + credit.held;
  for (const auto& credit : moved.credits()) total += Money::Micros(credit.amount_micros());
  if (total > kMostMoney) return AmountTooLarge("sum of credits");
  return CheckRoomForDebt(Money::Micros(moved.outstanding_micros()), balance);
}

void EndAccount(Events& events, const Pair& pair, const FundsMovedOut& moved, const Context& context) {
  const std::string reason = absl::StrCat("merged into ", pair.into.id.text());
  Closing closing(events, pair.from_account, context);
  closing.WithdrawRequests(reason);
  for (const Credit& credit : pair.from_account.balance.credits) {
    if (!credit.over && IsSecondPromotion(credit, pair)) closing.Revoke(credit, "one promotion credit per person");
  }
  if (!IsNothing(moved)) closing.MoveOut(moved);
  closing.DropLimit(reason);
  closing.Notice();
}

void MoveIn(Events& events, const Pair& pair, const FundsMovedOut& moved, const Context& context) {
  if (IsNothing(moved)) return;
  Money gained = Money() - Money::Micros(moved.outstanding_micros());
  for (const auto& credit : moved.credits())
    gained += SpendableOf(*pair.from_account.balance.Find(CreditId(credit.credit())), context.now);
  const Money funds = pair.into_account.balance.Funds(context.now) + gained;
  auto& in = *events.emplace_back().mutable_funds_moved_in();
  in.set_billing_account(moved.to_billing_account());
  in.set_from_billing_account(moved.billing_account());
  in.set_currency(moved.currency());
  *in.mutable_credits() = moved.credits();
  in.set_outstanding_micros(moved.outstanding_micros());
  in.set_funds_after_micros(funds.micros());
  gained > Money() ? NoticeNewBase(events, pair.into_account, funds) : NoticeFunds(events, pair.into_account, funds);
}

// The survivor is a member wherever the other one was, and is upgraded by it as by an invitation.
bool GainsUpgrade(const Pair& pair, const State& state) {
  if (pair.into.upgraded.has_value()) return false;
  return absl::c_any_of(state.organizations, [&](const auto& entry) {
    const MemberAccess* access = entry.second.Member(pair.from.id);
    return access != nullptr && access->allow_billable_activities &&
           state.Find(BillingAccountId(entry.first))->setup.status == BillingSetup::Status::kConfirmed;
  });
}

}  // namespace

absl::StatusOr<Decision> DecideMerge(const MergeUsers& command, const Context& context) {
  const State& state = context.state;
  for (const UserId& id : {command.from, command.into}) {
    if (state.Find(id) == nullptr) return UserNotFound(id);
  }
  const Pair pair{.from = *state.Find(command.from),
                  .into = *state.Find(command.into),
                  .from_account = *state.Find(BillingAccountId(command.from)),
                  .into_account = *state.Find(BillingAccountId(command.into))};
  if (const char* why = WhyNotMergeable(pair)) return NotMergeable(command.from, command.into, why);
  const Unsettled held = HeldOf(pair.from_account, state);
  if (held.Any()) return NotSettled(pair.from_account.id, held, pair.from_account.currency);
  const FundsMovedOut moved = WhatMoves(pair);
  if (auto status = CheckRoom(moved, pair.into_account.balance); !status.ok()) return status;

  const bool takes_over = TakesOverPromise(pair);
  Decision decision;
  if (takes_over) LapsePromise(decision.events, pair.into, "the person was granted a promotion credit before");
  if (!takes_over) LapsePromise(decision.events, pair.from, "the person has had a promise of its own");
  auto& merged = *decision.events.emplace_back().mutable_users_merged();
  merged.set_from_user_id(command.from.text());
  merged.set_into_user_id(command.into.text());
  merged.set_reason(command.reason);
  if (takes_over) merged.set_promotion_id(pair.from.entitlement->promotion_id);
  EndAccount(decision.events, pair, moved, context);
  MoveIn(decision.events, pair, moved, context);
  if (GainsUpgrade(pair, state)) {
    decision.events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_ORGANIZATION, pair.into.id));
  }
  return decision;
}

}  // namespace bursar

// Holds, charges and what sponsors add to them, in the state; what they do to balances is said in balance.cc.
//
// Where a sponsor has a part in a hold's end, its event stands before the hold's: after that the hold is gone.
#include <utility>

#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/denials.h"
#include "ledger/domain/evolution.h"

namespace bursar {
namespace {

using storage::v1::Part;
using Parts = google::protobuf::RepeatedPtrField<Part>;

void Add(HeldParts& held, const Parts& parts) {
  for (const Part& part : parts) held.emplace_back(CreditId(part.credit()), Money::Micros(part.amount_micros()));
}

// Captures draw from a hold's parts in their order, so that what is left is a tail of them.
void TakeFromFront(HeldParts& held, const Parts& parts) {
  for (const Part& part : parts) {
    held.front().second -= Money::Micros(part.amount_micros());
    if (held.front().second == Money()) held.erase(held.begin());
  }
}

}  // namespace

void Evolution::On(const storage::v1::HoldPlaced& event) {
  const HoldId id(event.hold());
  BillingAccount& account = Account(event.billing_account());
  Hold& hold = state_.holds[id];
  hold = {.id = id,
          .account = account.id,
          .user = UserId::Trusted(event.user_id()),
          .project = ProjectId(event.project()),
          .action = event.action(),
          .category = event.category(),
          .cost_limit = Money::Micros(event.cost_limit_micros()),
          .expire_time = absl::FromUnixMicros(event.expire_time())};
  Add(hold.parts, event.parts());
  for (const uint64_t budget : event.budgets()) hold.budgets.emplace_back(budget);
  HoldInBudgets(account, hold, hold.Held());
  NoteSpent(hold);
  Expect(Due::Kind::kHoldExpires, hold.expire_time, event.hold());
}

void Evolution::On(const storage::v1::HoldExtended& event) {
  Hold& hold = HoldOf(event.hold());
  Add(hold.parts, event.parts());
  HoldInBudgets(Account(event.billing_account()), hold, Sum(event.parts()));
  NoteSpent(hold);
  Forget(Due::Kind::kHoldExpires, hold.expire_time, event.hold());
  hold.expire_time = absl::FromUnixMicros(event.expire_time());
  Expect(Due::Kind::kHoldExpires, hold.expire_time, event.hold());
}

void Evolution::On(const storage::v1::HoldCaptured& event) {
  BillingAccount& account = Account(event.billing_account());
  Hold& hold = HoldOf(event.hold());
  if (event.has_metered()) account.remainders[event.metered().per_quantity()] = event.metered().remainder();
  HoldInBudgets(account, hold, Money() - Sum(event.drawn()) - Sum(event.returned()));
  UseBudgets(account, event.budget_uses());
  const Money cost = Sum(event.drawn()) + Sum(event.beyond());
  account.Spend(cost, time_);
  if (event.closed()) return CloseHold(event.hold());
  hold.captured += cost;
  TakeFromFront(hold.parts, event.drawn());
  NoteSpent(hold);
}

void Evolution::On(const storage::v1::HoldReleased& event) {
  HoldInBudgets(Account(event.billing_account()), HoldOf(event.hold()), Money() - Sum(event.returned()));
  CloseHold(event.hold());
}

void Evolution::On(const storage::v1::HoldExpired& event) {
  const Hold& hold = HoldOf(event.hold());
  HoldInBudgets(Account(event.billing_account()), hold, Money() - Sum(event.returned()));
  auto& ages = state_.expired_holds_by_age;
  while (!ages.empty() && ages.begin()->first <= time_) {
    state_.expired_holds.erase(ages.begin()->second);
    ages.erase(ages.begin());
  }
  if (event.late_capture_until_time() != 0) {
    state_.expired_holds[hold.id] = {.account = hold.account,
                                     .user = hold.user,
                                     .project = hold.project,
                                     .action = hold.action,
                                     .category = hold.category,
                                     .late_until = absl::FromUnixMicros(event.late_capture_until_time())};
    ages.emplace(absl::FromUnixMicros(event.late_capture_until_time()), hold.id);
  }
  CloseHold(event.hold());
}

void Evolution::On(const storage::v1::TerminationOrdered& event) {
  const auto hold = state_.holds.find(HoldId(event.hold()));
  if (hold == state_.holds.end()) return;
  hold->second.terminating = true;
  NoteSpent(hold->second);
}

void Evolution::On(const storage::v1::ActionDenied& event) {
  const std::string key = KeyOf(event);
  while (!state_.denials_by_age.empty() && state_.denials_by_age.begin()->first + kSameDenial <= time_) {
    state_.recent_denials.erase(state_.denials_by_age.begin()->second);
    state_.denials_by_age.erase(state_.denials_by_age.begin());
  }
  const auto earlier = state_.recent_denials.find(key);
  if (earlier != state_.recent_denials.end()) state_.denials_by_age.erase({earlier->second.time, key});
  state_.recent_denials[key] = {.position = entry_.position(), .time = time_};
  state_.denials_by_age.emplace(time_, key);
}

void Evolution::On(const storage::v1::SponsorshipHeld& event) {
  Hold& hold = HoldOf(event.hold());
  const SponsorUse& use = SponsorUseOf(event.sponsorship_id(), event.payer(), event.window_start(), event.window_end());
  if (hold.sponsored.parts.empty()) {
    hold.sponsored.sponsorship_id = event.sponsorship_id();
    hold.sponsored.account = BillingAccountId::Trusted(event.billing_account());
    hold.sponsored.month = use.month;
  }
  Add(hold.sponsored.parts, event.parts());
  NoteSpent(hold);
  SponsorUseOf(event.sponsorship_id(), event.payer(), event.window_start(), event.window_end()).held +=
      Sum(event.parts());
}

void Evolution::On(const storage::v1::SponsorshipReturned& event) {
  Hold& hold = HoldOf(event.hold());
  SponsorUse& use = state_.sponsored[{event.sponsorship_id(), BillingAccountId::Trusted(event.payer())}];
  if (use.month.start == hold.sponsored.month.start) use.held -= Sum(event.returned());
  hold.sponsored.parts.clear();
  NoteSpent(hold);
}

void Evolution::On(const storage::v1::SponsorshipCharged& event) {
  SponsorUse& use = SponsorUseOf(event.sponsorship_id(), event.payer(), event.window_start(), event.window_end());
  const bool same_month = use.month.start == absl::FromUnixMicros(event.window_start());
  if (same_month) use.used += Sum(event.drawn());
  Account(event.billing_account()).Spend(Sum(event.drawn()), time_);
  if (event.hold() == 0) return;
  Hold& hold = HoldOf(event.hold());
  if (same_month) use.held -= Sum(event.drawn()) + Sum(event.returned());
  hold.captured += Sum(event.drawn());
  TakeFromFront(hold.sponsored.parts, event.drawn());
  if (!event.returned().empty()) hold.sponsored.parts.clear();
  NoteSpent(hold);
}

void Evolution::On(const storage::v1::SponsorshipReversed& event) {
  if (event.credit() != 0) {
    state_.account_of_credit[CreditId(event.credit())] = BillingAccountId::Trusted(event.billing_account());
  }
  const auto use = state_.sponsored.find({event.sponsorship_id(), BillingAccountId::Trusted(event.payer())});
  if (use == state_.sponsored.end() || use->second.month.start != absl::FromUnixMicros(event.window_start())) return;
  use->second.used -= Sum(event.returned());
}

void Evolution::On(const storage::v1::UsageCharged& event) {
  BillingAccount& account = Account(event.billing_account());
  if (event.has_metered()) account.remainders[event.metered().per_quantity()] = event.metered().remainder();
  UseBudgets(account, event.budget_uses());
  account.Spend(Sum(event.drawn()), time_);
}

void Evolution::On(const storage::v1::ChargeReversed& event) {
  BillingAccount& account = Account(event.billing_account());
  state_.reversed[ChargeId(event.charge())] = Money::Micros(event.reversed_micros());
  if (event.credit() != 0) state_.account_of_credit[CreditId(event.credit())] = account.id;
  UseBudgets(account, event.budget_uses());
}

void Evolution::On(const storage::v1::UsageQuarantined& event) {
  const QuarantineId id(event.quarantine());
  state_.quarantined[id] = {.id = id,
                            .account = BillingAccountId::Trusted(event.billing_account()),
                            .user = UserId::Trusted(event.user_id()),
                            .project = ProjectId(event.project()),
                            .metered = {.sku = event.sku(),
                                        .region = event.region(),
                                        .quantity = event.quantity(),
                                        .usage_time = absl::FromUnixMicros(event.usage_time())},
                            .problem = event.problem(),
                            .record_time = time_};
}

void Evolution::On(const storage::v1::QuarantineReleased& event) {
  state_.quarantined.erase(QuarantineId(event.quarantine()));
}

void Evolution::On(const storage::v1::QuarantineDiscarded& event) {
  state_.quarantined.erase(QuarantineId(event.quarantine()));
}

void Evolution::CloseHold(uint64_t number) {
  const Hold& hold = HoldOf(number);
  Forget(Due::Kind::kHoldExpires, hold.expire_time, number);
  if (!state_.spent_holds.empty()) state_.spent_holds.erase({hold.account, hold.id});
  state_.holds.erase(hold.id);
}

void Evolution::NoteSpent(const Hold& hold) {
  if (hold.IsSpent()) {
    state_.spent_holds.emplace(hold.account, hold.id);
  } else if (!state_.spent_holds.empty()) {
    state_.spent_holds.erase({hold.account, hold.id});
  }
}

void Evolution::HoldInBudgets(BillingAccount& account, const Hold& hold, Money amount) {
  for (const BudgetId id : hold.budgets) {
    if (Budget* budget = account.Find(id)) budget->held += amount;
  }
}

void Evolution::UseBudgets(BillingAccount& account,
                           const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses) {
  for (const auto& use : uses) {
    Budget* budget = account.Find(BudgetId(use.budget()));
    if (budget == nullptr) continue;
    const absl::Time start = absl::FromUnixMicros(use.window_start());
    if (budget->window.start != start) {
      budget->used = Money();
      budget->window = {.start = start, .end = TimeOrNever(use.window_end())};
    }
    budget->used += Money::Micros(use.amount_micros());
  }
}

// A new month begins with the first use in it.
SponsorUse& Evolution::SponsorUseOf(const std::string& sponsorship, const std::string& payer, int64_t window_start,
                                    int64_t window_end) {
  SponsorUse& use = state_.sponsored[{sponsorship, BillingAccountId::Trusted(payer)}];
  const absl::Time start = absl::FromUnixMicros(window_start);
  if (use.month.start < start) use = {.month = {.start = start, .end = TimeOrNever(window_end)}};
  return use;
}

}  // namespace bursar

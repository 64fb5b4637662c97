#include "ledger/domain/asked.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// What a sponsor pays, or sets aside, in this entry.
Money SponsoredIn(const Entry& entry) {
  Money sum;
  for (const Event& event : entry.events()) {
    sum += Sum(event.sponsorship_held().parts()) + Sum(event.sponsorship_charged().drawn());
  }
  return sum;
}

Metered AskedOf(const storage::v1::MeteredQuantity& metered) {
  return {.sku = metered.sku(),
          .region = metered.region(),
          .quantity = metered.quantity(),
          .usage_time = absl::FromUnixMicros(metered.usage_time())};
}

PlaceHold AskedOf(const storage::v1::HoldPlaced& placed, const Entry& entry) {
  return {.action = {.action = placed.action(),
                     .user = UserId::Trusted(placed.user_id()),
                     .project = ProjectId(placed.project()),
                     .bill_to = BillingAccountId::Trusted(placed.billing_account()),
                     .cost = Sum(placed.parts()) + SponsoredIn(entry),
                     .cost_limit = Money::Micros(placed.cost_limit_micros())},
          .expire_time = absl::FromUnixMicros(placed.expire_time())};
}

ExtendHold AskedOf(const storage::v1::HoldExtended& extended, const Entry& entry) {
  return {.hold = HoldId(extended.hold()),
          .additional = Sum(extended.parts()) + SponsoredIn(entry),
          .expire_time = absl::FromUnixMicros(extended.expire_time())};
}

CaptureHold AskedOf(const storage::v1::HoldCaptured& captured, const Entry& entry) {
  CaptureHold asked{.hold = HoldId(captured.hold()), .cost = Money(), .last = captured.closed()};
  if (captured.has_metered()) {
    asked.cost = AskedOf(captured.metered());
  } else {
    asked.cost = Sum(captured.drawn()) + Sum(captured.beyond()) + SponsoredIn(entry);
  }
  return asked;
}

// The action with the cost limit that stood in its way, where one did: all that the run might have cost.
GatedAction BoundedBy(const storage::v1::ActionDenied& denied, GatedAction action) {
  for (const auto& binding : denied.bindings()) {
    if (binding.reason() == NameOf(Reason::kCostLimitExceeded))
      action.cost_limit = Money::Micros(binding.available_micros());
  }
  return action;
}

// A check, a hold, or more for a hold that is open: the denial says which action, not which hold.
std::vector<Command> AskedOf(const storage::v1::ActionDenied& denied, const State& before) {
  const GatedAction action{.action = denied.action(),
                           .user = UserId::Trusted(denied.user_id()),
                           .project = ProjectId(denied.project()),
                           .bill_to = BillingAccountId::Trusted(denied.billing_account()),
                           .cost = Money::Micros(denied.cost_micros())};
  if (!denied.hold()) return {Check{action}};
  std::vector<HoldId> open;
  for (const auto& [id, hold] : before.holds) {
    if (hold.account == action.bill_to && hold.user == action.user && hold.project == action.project &&
        hold.action == action.action) {
      open.push_back(id);
    }
  }
  std::sort(open.begin(), open.end());
  std::vector<Command> asked = {PlaceHold{.action = action}};
  for (const HoldId hold : open) asked.emplace_back(ExtendHold{.hold = hold, .additional = action.cost});
  // Last, since any denial for a run's cost limit would come out of it.
  asked.emplace_back(PlaceHold{.action = BoundedBy(denied, action)});
  return asked;
}

std::vector<Command> AskedOf(const storage::v1::UsageCharged& charged, const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (!event.has_quarantine_released()) continue;
    return {ReleaseQuarantinedUsage{.quarantine = QuarantineId(event.quarantine_released().quarantine()),
                                    .quantity = event.quarantine_released().quantity()}};
  }
  if (charged.late_hold() == 0) {
    return {RecordUsage{.user = UserId::Trusted(charged.user_id()),
                        .project = ProjectId(charged.project()),
                        .bill_to = BillingAccountId::Trusted(charged.billing_account()),
                        .metered = AskedOf(charged.metered())}};
  }
  CaptureHold late{.hold = HoldId(charged.late_hold()), .cost = Money(), .last = true};
  if (charged.has_metered()) {
    late.cost = AskedOf(charged.metered());
  } else {
    late.cost = Sum(charged.drawn()) + SponsoredIn(entry);
  }
  return {late};
}

ReverseCharge AskedOf(const storage::v1::ChargeReversed& reversed, const Entry& entry, const EntryReader& read) {
  Money amount = Sum(reversed.returned());
  for (const Event& event : entry.events()) amount += Sum(event.sponsorship_reversed().returned());
  const Entry* charged = read(reversed.charge());
  const bool failed = reversed.cause() == storage::v1::ChargeReversed::CAUSE_PLATFORM_FAILURE;
  return {.charge = ChargeId(reversed.charge()),
          .amount = amount,
          .cause = failed ? ReversalCause::kPlatformFailure : ReversalCause::kCorrection,
          .reason = reversed.reason(),
          .charged = charged == nullptr ? Entry() : *charged};
}

RecordPayment AskedOf(const storage::v1::PaymentRecorded& payment) {
  return {.billing_account = BillingAccountId::Trusted(payment.billing_account()),
          .amount = Money::Micros(payment.amount_micros()),
          .currency = payment.currency(),
          .reference = payment.reference()};
}

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

SetBudget AskedOf(const storage::v1::BudgetSet& budget) {
  return {.billing_account = BillingAccountId::Trusted(budget.billing_account()),
          .scope = {.member = UserId::Trusted(budget.user_id()),
                    .project = ProjectId(budget.project()),
                    .category = budget.category()},
          .limit = Money::Micros(budget.limit_micros()),
          .period = PeriodOf(budget.period()),
          .time_zone = budget.time_zone(),
          .reason = budget.reason()};
}

// Nothing for the kinds that only stand beside others, or that money does not change.
std::vector<Command> AskedBy(const Event& event, const Entry& entry, const State& before, const EntryReader& read) {
  switch (event.kind_case()) {
    case Event::kHoldPlaced:
      return {AskedOf(event.hold_placed(), entry)};
    case Event::kHoldExtended:
      return {AskedOf(event.hold_extended(), entry)};
    case Event::kHoldCaptured:
      return {AskedOf(event.hold_captured(), entry)};
    case Event::kHoldReleased:
      return {ReleaseHold{.hold = HoldId(event.hold_released().hold())}};
    case Event::kActionDenied:
      return AskedOf(event.action_denied(), before);
    case Event::kUsageCharged:
      return AskedOf(event.usage_charged(), entry);
    case Event::kChargeReversed:
      return {AskedOf(event.charge_reversed(), entry, read)};
    case Event::kPaymentRecorded:
      return {AskedOf(event.payment_recorded())};
    case Event::kCreditRevoked:
      return {
          RevokeCredit{.credit = CreditId(event.credit_revoked().credit()), .reason = event.credit_revoked().reason()}};
    case Event::kUsersMerged:
      return {MergeUsers{.from = UserId::Trusted(event.users_merged().from_user_id()),
                         .into = UserId::Trusted(event.users_merged().into_user_id()),
                         .reason = event.users_merged().reason()}};
    case Event::kUserClosed:
      return {CloseUser{.user = UserId::Trusted(event.user_closed().user_id())}};
    case Event::kBudgetSet:
      return {AskedOf(event.budget_set())};
    default:
      return {};
  }
}

// The order in which an entry's kinds are looked for: what stands beside another event says less of what was asked.
constexpr Event::KindCase kTelling[] = {Event::kUsersMerged,   Event::kUserClosed,   Event::kChargeReversed,
                                        Event::kHoldPlaced,    Event::kHoldExtended, Event::kHoldCaptured,
                                        Event::kActionDenied,  Event::kUsageCharged, Event::kPaymentRecorded,
                                        Event::kCreditRevoked, Event::kHoldReleased, Event::kBudgetSet};

// What is compared of an event: nothing of those that follow from funds, and no sentences.
std::optional<Event> MoneyOf(Event event) {
  switch (event.kind_case()) {
    case Event::kActionDenied: {
      auto& denied = *event.mutable_action_denied();
      denied.clear_remedy();
      denied.clear_lifters();
      denied.clear_pending_increase();
      for (auto& binding : *denied.mutable_bindings()) binding.clear_rule();
      return event;
    }
    case Event::kFundsThresholdCrossed:
    case Event::kFundsRestored:
    case Event::kTerminationOrdered:
      return std::nullopt;
    default:
      return event;
  }
}

template <class List>
std::vector<std::string> MoneyOf(const List& events) {
  std::vector<std::string> money;
  for (const Event& event : events) {
    if (const auto kept = MoneyOf(event)) money.push_back(kept->SerializeAsString());
  }
  return money;
}

}  // namespace

std::vector<Command> AskedBy(const Entry& entry, const State& before, const EntryReader& read) {
  if (AskerOf(entry) == Principal::System()) return {};
  for (const Event::KindCase kind : kTelling) {
    for (const Event& event : entry.events()) {
      if (event.kind_case() == kind) return AskedBy(event, entry, before, read);
    }
  }
  return {};
}

Principal AskerOf(const Entry& entry) {
  if (entry.principal() == Principal::System().text()) return Principal::System();
  const auto asker = Principal::Parse(entry.principal());
  BURSAR_CHECK(asker.has_value());
  return *asker;
}

bool DecidedAlike(const Entry& entry, const Events& decided) { return MoneyOf(entry.events()) == MoneyOf(decided); }

}  // namespace bursar

// The life of a hold, and checks.
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/denials.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::ActionDenied;
using storage::v1::Event;
using storage::v1::Part;

constexpr absl::Duration kDefaultHoldLifetime = absl::Hours(24);
constexpr absl::Duration kLongestHoldLifetime = absl::Hours(24 * 90);

absl::StatusOr<absl::Time> ExpiryOf(const std::optional<absl::Time>& asked, absl::Time otherwise, absl::Time now) {
  const absl::Time expiry = asked.value_or(otherwise);
  if (expiry <= now) return InvalidField("expire_time", "is not in the future");
  if (expiry > now + kLongestHoldLifetime) return InvalidField("expire_time", "is more than 90 days ahead");
  return expiry;
}

Decision Denied(ActionDenied denial) {
  Event event;
  *event.mutable_action_denied() = std::move(denial);
  return Happened(std::move(event));
}

// An open hold with the account that pays.
struct Held {
  const Hold& hold;
  const BillingAccount& account;
};

absl::StatusOr<Held> FindOpen(HoldId id, const State& state) {
  const Hold* hold = state.Find(id);
  if (hold == nullptr) return HoldNotOpen(id);
  const BillingAccount* account = state.Find(hold->account);
  BURSAR_CHECK(account != nullptr);
  return Held{*hold, *account};
}

void SetParts(google::protobuf::RepeatedPtrField<Part>& stored, const std::vector<Part>& parts) {
  stored.Assign(parts.begin(), parts.end());
}

void SetParts(google::protobuf::RepeatedPtrField<Part>& stored, const HeldParts& parts) {
  for (const auto& [credit, amount] : parts) {
    Part& part = *stored.Add();
    part.set_credit(credit.number());
    part.set_amount_micros(amount.micros());
  }
}

// What goes back to credits that are still in force for the action becomes spendable on it again.
Money FundsAfterReturn(const HeldParts& returned, const Held& held, absl::Time now) {
  Money funds = held.account.balance.Funds(held.hold.action, now);
  for (const auto& [id, amount] : returned) {
    if (id.empty() || held.account.balance.Find(id)->IsInForce(now)) funds += amount;
  }
  return funds;
}

}  // namespace

absl::StatusOr<Decision> DecideHold(const Check& command, const Context& context) {
  auto verdict = Judge(context.state, command.action, Purpose::kCheck, context.now);
  if (!verdict.ok()) return verdict.status();
  if (verdict->allowed()) return Decision{};
  const auto recent = context.state.recent_denials.find(KeyOf(*verdict->denial));
  if (recent != context.state.recent_denials.end() && context.now < recent->second.time + kSameDenial) {
    return Decision{.events = {}, .repeats = recent->second.position};
  }
  return Denied(*std::move(verdict->denial));
}

absl::StatusOr<Decision> DecideHold(const PlaceHold& command, const Context& context) {
  auto verdict = Judge(context.state, command.action, Purpose::kHold, context.now);
  if (!verdict.ok()) return verdict.status();
  if (verdict->action->free) return ActionIsFree(command.action.action);
  const auto expiry = ExpiryOf(command.expire_time, context.now + kDefaultHoldLifetime, context.now);
  if (!expiry.ok()) return expiry.status();
  if (!verdict->allowed()) return Denied(*std::move(verdict->denial));

  const BillingAccount& payer = *verdict->payer;
  const auto parts = payer.balance.Draw(command.action.cost, command.action.action, context.now);
  Event event;
  auto& placed = *event.mutable_hold_placed();
  placed.set_hold(context.position());
  placed.set_billing_account(payer.id.text());
  placed.set_currency(payer.currency);
  placed.set_user_id(command.action.user.text());
  placed.set_project(command.action.project.number());
  placed.set_action(command.action.action);
  placed.set_category(verdict->action->category);
  SetParts(*placed.mutable_parts(), parts);
  placed.set_expire_time(absl::ToUnixMicros(*expiry));
  placed.set_funds_after_micros((verdict->funds - command.action.cost).micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, payer,
              payer.balance.Funds(context.now) - Unrestricted(parts, payer.balance, context.now));
  return decision;
}

absl::StatusOr<Decision> DecideHold(const ExtendHold& command, const Context& context) {
  const auto held = FindOpen(command.hold, context.state);
  if (!held.ok()) return held.status();
  const auto& [hold, account] = *held;
  const auto expiry = ExpiryOf(command.expire_time, hold.expire_time, context.now);
  if (!expiry.ok()) return expiry.status();
  if (command.additional > Money()) {
    ActionDenied asked;
    asked.set_user_id(hold.user.text());
    asked.set_project(hold.project.number());
    asked.set_action(hold.action);
    asked.set_billing_account(account.id.text());
    asked.set_cost_micros(command.additional.micros());
    asked.set_hold(true);
    if (auto denial = JudgeFunds(context.state, account, std::move(asked), context.now))
      return Denied(*std::move(denial));
  }
  const auto parts = account.balance.Draw(command.additional, hold.action, context.now);
  Event event;
  auto& extended = *event.mutable_hold_extended();
  extended.set_hold(hold.id.number());
  extended.set_billing_account(account.id.text());
  extended.set_currency(account.currency);
  SetParts(*extended.mutable_parts(), parts);
  extended.set_expire_time(absl::ToUnixMicros(*expiry));
  extended.set_held_micros((hold.Held() + command.additional).micros());
  extended.set_funds_after_micros((account.balance.Funds(hold.action, context.now) - command.additional).micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, account,
              account.balance.Funds(context.now) - Unrestricted(parts, account.balance, context.now));
  return decision;
}

absl::StatusOr<Decision> DecideHold(const CaptureHold& command, const Context& context) {
  const auto held = FindOpen(command.hold, context.state);
  if (!held.ok()) return held.status();
  const auto& [hold, account] = *held;
  Event event;
  auto& captured = *event.mutable_hold_captured();
  captured.set_category(hold.category);
  Money cost;
  if (const auto* usage = std::get_if<Metered>(&command.cost)) {
    auto priced = PriceUsage(*usage, account, context.state, context.now);
    if (!priced.ok()) return priced.status();
    cost = priced->cost;
    captured.set_category(priced->category);
    *captured.mutable_metered() = std::move(priced->metered);
  } else {
    cost = std::get<Money>(command.cost);
  }
  if (cost > hold.Held()) return CaptureExceedsHold(hold.id, cost, hold.Held(), account.currency);
  if (auto status = CheckRoomForCharge(cost, account.balance); !status.ok()) return status;

  const auto [drawn, left] = Split(hold.parts, cost);
  const HeldParts returned = command.last ? left : HeldParts();
  captured.set_hold(hold.id.number());
  captured.set_billing_account(account.id.text());
  captured.set_currency(account.currency);
  captured.set_user_id(hold.user.text());
  captured.set_project(hold.project.number());
  captured.set_action(hold.action);
  SetParts(*captured.mutable_drawn(), drawn);
  SetReturned(*captured.mutable_returned(), returned, account.balance);
  captured.set_closed(command.last);
  captured.set_held_micros(command.last ? 0 : (hold.Held() - cost).micros());
  captured.set_funds_after_micros(FundsAfterReturn(returned, *held, context.now).micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, account,
              account.balance.Funds(context.now) + Unrestricted(returned, account.balance, context.now));
  return decision;
}

absl::StatusOr<Decision> DecideHold(const ReleaseHold& command, const Context& context) {
  const auto held = FindOpen(command.hold, context.state);
  if (!held.ok()) return held.status();
  const auto& [hold, account] = *held;
  Event event;
  auto& released = *event.mutable_hold_released();
  released.set_hold(hold.id.number());
  released.set_billing_account(account.id.text());
  released.set_currency(account.currency);
  SetReturned(*released.mutable_returned(), hold.parts, account.balance);
  released.set_funds_after_micros(FundsAfterReturn(hold.parts, *held, context.now).micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, account,
              account.balance.Funds(context.now) + Unrestricted(hold.parts, account.balance, context.now));
  return decision;
}

}  // namespace bursar

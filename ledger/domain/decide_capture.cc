// Captures: what a hold holds becomes a charge, and what its work cost beyond that is charged all the same.
#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/sponsorship.h"
#include "ledger/domain/terminations.h"

namespace bursar {
namespace {

// What the caller names, or what a quantity comes to. `category` is the action's.
absl::StatusOr<PricedUsage> CostOf(const CaptureHold& command, const std::string& category,
                                   const BillingAccount& account, const Context& context) {
  if (const auto* usage = std::get_if<Metered>(&command.cost)) {
    return PriceUsage(*usage, account, context.state, context.now);
  }
  return PricedUsage{.cost = std::get<Money>(command.cost), .category = category};
}

// A hold that has expired and can still be captured, as usage; nullptr where there is none.
const ExpiredHold* FindLate(HoldId id, const Context& context) {
  const auto found = context.state.expired_holds.find(id);
  const bool late = found != context.state.expired_holds.end() && context.now < found->second.late_until;
  return late ? &found->second : nullptr;
}

absl::StatusOr<Decision> CaptureLate(const CaptureHold& command, const ExpiredHold& expired, const Context& context) {
  const BillingAccount* account = context.state.Find(context.state.Present(expired.account));
  BURSAR_CHECK(account != nullptr);
  auto cost = CostOf(command, expired.category, *account, context);
  if (!cost.ok()) return cost.status();
  if (BURSAR_PLANTED(late_capture_uncharged)) cost->cost = Money();
  return ChargeUsage({.payer = *account,
                      .user = context.state.Present(expired.user),
                      .project = expired.project,
                      .action = expired.action,
                      .priced = *std::move(cost),
                      .late_hold = command.hold},
                     context);
}

}  // namespace

absl::StatusOr<Decision> DecideHold(const CaptureHold& command, const Context& context) {
  if (const ExpiredHold* expired = FindLate(command.hold, context)) return CaptureLate(command, *expired, context);
  const auto open = FindOpenHold(command.hold, context.state);
  if (!open.ok()) return open.status();
  const auto& [hold, account] = *open;
  const Balance& balance = account.balance;
  auto priced = CostOf(command, hold.category, account, context);
  if (!priced.ok()) return priced.status();
  const Money sponsored = CapturedShare(priced->cost, hold, context.state);
  const Money cost = priced->cost - sponsored;
  const Money within = std::min(cost, hold.Held());
  const Money beyond = BURSAR_PLANTED(capture_beyond_uncharged) ? Money() : cost - within;
  if (beyond > Money()) {
    if (auto status = CheckRoomForDebt(beyond, balance); !status.ok()) return status;
  }
  if (auto status = CheckRoomForCharge(cost, balance); !status.ok()) return status;
  if (sponsored > Money()) {
    const BillingAccount& sponsor = *context.state.Find(hold.sponsored.account);
    if (auto status = CheckRoomForCharge(sponsored, sponsor.balance); !status.ok()) return status;
  }

  const auto [drawn, left] = Split(hold.parts, within);
  const HeldParts returned = command.last ? left : HeldParts();
  const auto drawn_beyond = balance.Draw(beyond, hold.action, context.now);
  Decision decision;
  CaptureShare(decision.events, sponsored, command.last, priced->category, hold, context.state);
  auto& captured = *decision.events.emplace_back().mutable_hold_captured();
  captured.set_hold(hold.id.number());
  captured.set_billing_account(account.id.text());
  captured.set_currency(account.currency);
  captured.set_user_id(hold.user.text());
  captured.set_project(hold.project.number());
  captured.set_action(hold.action);
  captured.set_category(priced->category);
  if (priced->metered) *captured.mutable_metered() = *std::move(priced->metered);
  SetParts(*captured.mutable_drawn(), drawn);
  SetReturned(*captured.mutable_returned(), returned, balance);
  SetParts(*captured.mutable_beyond(), drawn_beyond);
  captured.set_closed(command.last);
  captured.set_held_micros(command.last ? 0 : Sum(left).micros());
  captured.set_funds_after_micros((FundsAfterReturn(returned, *open, context.now) - beyond).micros());
  captured.set_overshoot_micros(Overshoot(beyond, balance.Funds(hold.action, context.now)).micros());
  captured.set_terminating(hold.terminating && !command.last);
  SetBudgetUses(*captured.mutable_budget_uses(), account,
                {.user = hold.user, .project = hold.project, .category = captured.category()}, cost, context.now);
  NoticeFunds(decision.events, account,
              balance.Funds(context.now) + Unrestricted(returned, balance, context.now) -
                  Unrestricted(drawn_beyond, balance, context.now));
  OrderTerminations(decision.events, account, context);
  NoticeSponsor(decision.events, context.state, context.now);
  return decision;
}

}  // namespace bursar

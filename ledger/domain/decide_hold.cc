// Checks, and the life of a hold but for its captures.
#include <optional>

#include "ledger/domain/budgets.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/denials.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/sponsorship.h"

namespace bursar {
namespace {

using storage::v1::Event;

constexpr absl::Duration kDefaultHoldLifetime = absl::Hours(24);
constexpr absl::Duration kLongestHoldLifetime = absl::Hours(24 * 90);

absl::StatusOr<absl::Time> ExpiryOf(const std::optional<absl::Time>& asked, absl::Time otherwise, absl::Time now) {
  const absl::Time expiry = asked.value_or(otherwise);
  if (expiry <= now) return InvalidField("expire_time", "is not in the future");
  if (expiry > now + kLongestHoldLifetime) return InvalidField("expire_time", "is more than 90 days ahead");
  return expiry;
}

// What a run may cost beyond what it has cost and holds; nullopt: no bound. May be negative.
std::optional<Money> RunLeft(const Hold& hold) {
  if (hold.cost_limit == Money()) return std::nullopt;
  return hold.cost_limit - hold.captured - hold.Held() - Sum(hold.sponsored.parts);
}

}  // namespace

absl::StatusOr<Decision> DecideHold(const Check& command, const Context& context) {
  auto verdict = Judge(context.state, command.action, Purpose::kCheck, context.now);
  if (!verdict.ok()) return verdict.status();
  if (verdict->allowed()) return Decision{};
  return Deny(*std::move(verdict->denial), context.state, context.now);
}

absl::StatusOr<Decision> DecideHold(const PlaceHold& command, const Context& context) {
  auto verdict = Judge(context.state, command.action, Purpose::kHold, context.now);
  if (!verdict.ok()) return verdict.status();
  if (verdict->action->free) return ActionIsFree(command.action.action);
  const auto expiry = ExpiryOf(command.expire_time, context.now + kDefaultHoldLifetime, context.now);
  if (!expiry.ok()) return expiry.status();
  if (!verdict->allowed()) return Deny(*std::move(verdict->denial), context.state, context.now);

  const BillingAccount& payer = *verdict->payer;
  const Money cost = command.action.cost - verdict->share.amount;
  const auto parts = payer.balance.Draw(cost, command.action.action, context.now);
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
  placed.set_funds_after_micros((verdict->funds - cost).micros());
  const Counted counted{.user = command.action.user, .project = command.action.project, .category = placed.category()};
  for (const Budget& budget : payer.budgets) {
    if (counted.By(budget)) placed.add_budgets(budget.id.number());
  }
  placed.set_cost_limit_micros(command.action.cost_limit.micros());
  placed.set_costs_hidden(verdict->costs_hidden);
  Decision decision = Happened(std::move(event));
  HoldShare(decision.events, verdict->share, HoldId(context.position()), command.action.action, payer, context.now);
  NoticeFunds(decision.events, payer,
              payer.balance.Funds(context.now) - Unrestricted(parts, payer.balance, context.now));
  NoticeSponsor(decision.events, context.state, context.now);
  return decision;
}

absl::StatusOr<Decision> DecideHold(const ExtendHold& command, const Context& context) {
  const auto held = FindOpenHold(command.hold, context.state);
  if (!held.ok()) return held.status();
  const auto& [hold, account] = *held;
  const auto expiry = ExpiryOf(command.expire_time, hold.expire_time, context.now);
  if (!expiry.ok()) return expiry.status();
  const bool costs_hidden = !SeesCosts(context.state, hold.user, account.id);
  const SponsorShare share = ShareOfMore(command.additional, hold, context.state, context.now);
  if (command.additional > Money()) {
    const GatedAction asked{
        .action = hold.action, .user = hold.user, .project = hold.project, .cost = command.additional};
    auto denial = JudgeClaim(context.state,
                             {.payer = account,
                              .asked = asked,
                              .category = hold.category,
                              .funds = account.balance.Funds(hold.action, context.now),
                              .run_left = RunLeft(hold),
                              .share = share,
                              .costs_hidden = costs_hidden},
                             context.now);
    if (denial.has_value()) return Deny(*std::move(denial), context.state, context.now);
  }
  const Money additional = command.additional - share.amount;
  const auto parts = account.balance.Draw(additional, hold.action, context.now);
  Event event;
  auto& extended = *event.mutable_hold_extended();
  extended.set_hold(hold.id.number());
  extended.set_billing_account(account.id.text());
  extended.set_currency(account.currency);
  SetParts(*extended.mutable_parts(), parts);
  extended.set_expire_time(absl::ToUnixMicros(*expiry));
  extended.set_held_micros((hold.Held() + additional).micros());
  extended.set_funds_after_micros((account.balance.Funds(hold.action, context.now) - additional).micros());
  extended.set_costs_hidden(costs_hidden);
  Decision decision = Happened(std::move(event));
  HoldShare(decision.events, share, hold.id, hold.action, account, context.now);
  NoticeFunds(decision.events, account,
              account.balance.Funds(context.now) - Unrestricted(parts, account.balance, context.now));
  NoticeSponsor(decision.events, context.state, context.now);
  return decision;
}

absl::StatusOr<Decision> DecideHold(const ReleaseHold& command, const Context& context) {
  const auto held = FindOpenHold(command.hold, context.state);
  if (!held.ok()) return held.status();
  const auto& [hold, account] = *held;
  Decision decision;
  ReturnShare(decision.events, hold, context.state);
  auto& released = *decision.events.emplace_back().mutable_hold_released();
  released.set_hold(hold.id.number());
  released.set_billing_account(account.id.text());
  released.set_currency(account.currency);
  SetReturned(*released.mutable_returned(), hold.parts, account.balance);
  released.set_funds_after_micros(FundsAfterReturn(hold.parts, *held, context.now).micros());
  NoticeFunds(decision.events, account,
              account.balance.Funds(context.now) + Unrestricted(hold.parts, account.balance, context.now));
  NoticeSponsor(decision.events, context.state, context.now);
  return decision;
}

}  // namespace bursar

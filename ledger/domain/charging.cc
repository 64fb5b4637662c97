#include "ledger/domain/charging.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/sponsorship.h"
#include "ledger/domain/terminations.h"

namespace bursar {
namespace {

using storage::v1::Part;

// Clocks of platforms may be a little ahead of ours.
constexpr absl::Duration kMostAhead = absl::Minutes(5);

// All charges of an account's life together; far below the int64 range.
constexpr Money kMostCharged = Money::Micros(1'000 * kMostMoney.micros());

bool IsUnrestricted(CreditId id, const Balance& balance, absl::Time now) {
  if (id.empty()) return true;
  const Credit* credit = balance.Find(id);
  BURSAR_CHECK(credit != nullptr);
  return credit->actions.empty() && credit->IsInForce(now);
}

}  // namespace

absl::StatusOr<PricedUsage> PriceUsage(const Metered& usage, const BillingAccount& account, const State& state,
                                       absl::Time now) {
  const absl::Time time = usage.usage_time.value_or(now);
  if (time > now + kMostAhead) return InvalidField("usage_time", "is in the future");
  if (usage.quantity < 0) return InvalidField("quantity", "is negative");
  const PriceList* list = state.policy.PriceListAt(account.currency, time);
  const ListedPrice* price = list == nullptr ? nullptr : list->Find(usage.sku, usage.region);
  if (price == nullptr) return NoPrice(usage.sku, usage.region, account.currency, time);
  const auto carried = account.remainders.find(price->per_quantity);
  const auto priced = PriceOf(usage.quantity, price->price, price->per_quantity,
                              carried == account.remainders.end() ? 0 : carried->second);
  if (!priced.has_value()) return AmountTooLarge("charge");
  PricedUsage result{.cost = priced->amount,
                     .category = price->category,
                     .metered = storage::v1::MeteredQuantity(),
                     .most_quantity = price->most_quantity};
  result.metered->set_sku(usage.sku);
  result.metered->set_region(usage.region);
  result.metered->set_quantity(usage.quantity);
  result.metered->set_usage_time(absl::ToUnixMicros(time));
  result.metered->set_price_micros(price->price.micros());
  result.metered->set_per_quantity(price->per_quantity);
  result.metered->set_remainder(priced->remainder);
  result.metered->set_price_list(list->position);
  return result;
}

namespace {

// Of a late capture by its action, of a usage record by what was metered.
SponsorShare ShareOf(const Usage& usage, const Context& context) {
  const User* user = context.state.Find(usage.user);
  BURSAR_CHECK(user != nullptr);
  const bool record = usage.late_hold.empty() && usage.priced.metered.has_value();
  const absl::Time time = record ? absl::FromUnixMicros(usage.priced.metered->usage_time()) : context.now;
  return bursar::ShareOf(usage.priced.cost,
                         {.user = *user,
                          .payer = usage.payer,
                          .action = usage.action,
                          .sku = record ? absl::string_view(usage.priced.metered->sku()) : absl::string_view(),
                          .time = time},
                         context.state, context.now);
}

// Returns what the sponsor has left for anything.
Money ChargeSponsor(Events& events, const SponsorShare& share, const Usage& usage, absl::Time now) {
  const Balance& balance = share.sponsor->balance;
  const auto parts = balance.Draw(share.amount, usage.action, now);
  auto& charged = *events.emplace_back().mutable_sponsorship_charged();
  charged = ChargedTo(share, usage.payer);
  charged.set_user_id(usage.user.text());
  charged.set_project(usage.project.number());
  charged.set_category(usage.priced.category);
  charged.mutable_drawn()->Assign(parts.begin(), parts.end());
  return balance.Funds(now) - Unrestricted(parts, balance, now);
}

}  // namespace

absl::StatusOr<Decision> ChargeUsage(Usage usage, const Context& context) {
  const Balance& balance = usage.payer.balance;
  const SponsorShare share = ShareOf(usage, context);
  const Money cost = usage.priced.cost - share.amount;
  if (auto status = CheckRoomForDebt(cost, balance); !status.ok()) return status;
  if (auto status = CheckRoomForCharge(cost, balance); !status.ok()) return status;

  const auto parts = balance.Draw(cost, usage.action, context.now);
  const Money funds = balance.Funds(context.now) - Unrestricted(parts, balance, context.now);
  storage::v1::Event event;
  auto& charged = *event.mutable_usage_charged();
  charged.set_billing_account(usage.payer.id.text());
  charged.set_currency(usage.payer.currency);
  charged.set_user_id(usage.user.text());
  charged.set_project(usage.project.number());
  charged.set_category(usage.priced.category);
  if (usage.priced.metered) *charged.mutable_metered() = *std::move(usage.priced.metered);
  charged.mutable_drawn()->Assign(parts.begin(), parts.end());
  charged.set_funds_after_micros(funds.micros());
  SetBudgetUses(*charged.mutable_budget_uses(), usage.payer,
                {.user = usage.user, .project = usage.project, .category = usage.priced.category}, cost, context.now);
  charged.set_overshoot_micros(Overshoot(cost, balance.Funds(usage.action, context.now)).micros());
  charged.set_late_hold(usage.late_hold.number());
  charged.set_action(usage.action);
  Decision decision = Happened(std::move(event));
  std::optional<Money> sponsors_funds;
  if (share.amount > Money()) sponsors_funds = ChargeSponsor(decision.events, share, usage, context.now);
  NoticeFunds(decision.events, usage.payer, funds);
  OrderTerminations(decision.events, usage.payer, context);
  if (sponsors_funds.has_value()) NoticeFunds(decision.events, *share.sponsor, *sponsors_funds);
  return decision;
}

Money Overshoot(Money cost, Money funds) { return cost - std::clamp(funds, Money(), cost); }

absl::Status CheckRoomForCharge(Money cost, const Balance& balance) {
  return balance.Charged() + cost > kMostCharged ? AmountTooLarge("sum of charges") : absl::OkStatus();
}

absl::Status CheckRoomForDebt(Money cost, const Balance& balance) {
  if (BURSAR_PLANTED(debt_without_bound)) return absl::OkStatus();
  const Money debt = balance.outstanding + balance.held_on_limit + cost;
  return debt > kMostMoney ? AmountTooLarge("outstanding amount") : absl::OkStatus();
}

absl::StatusOr<OpenHold> FindOpenHold(HoldId id, const State& state) {
  const Hold* hold = state.Find(id);
  if (hold == nullptr) return HoldNotOpen(id);
  const BillingAccount* account = state.Find(hold->account);
  BURSAR_CHECK(account != nullptr);
  return OpenHold{*hold, *account};
}

Money FundsAfterReturn(const HeldParts& returned, const OpenHold& open, absl::Time now) {
  Money funds = open.account.balance.Funds(open.hold.action, now);
  for (const auto& [id, amount] : returned) {
    if (id.empty() || open.account.balance.Find(id)->IsInForce(now)) funds += amount;
  }
  return funds;
}

std::pair<HeldParts, HeldParts> Split(const HeldParts& held, Money cost) {
  HeldParts taken;
  HeldParts left;
  for (const auto& [credit, amount] : held) {
    const Money share = std::min(amount, cost);
    if (share > Money()) taken.emplace_back(credit, share);
    if (amount > share) left.emplace_back(credit, amount - share);
    cost -= share;
  }
  BURSAR_CHECK(cost == Money());
  return {std::move(taken), std::move(left)};
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

void SetReturned(google::protobuf::RepeatedPtrField<Part>& parts, const HeldParts& returned, const Balance& balance) {
  for (const auto& [id, amount] : returned) {
    Part& part = *parts.Add();
    part.set_credit(id.number());
    part.set_amount_micros(amount.micros());
    const Credit* credit = id.empty() ? nullptr : balance.Find(id);
    part.set_credit_expired(credit != nullptr && credit->over && !credit->taken_back);
    part.set_credit_revoked(credit != nullptr && credit->taken_back);
  }
}

Money Unrestricted(const HeldParts& parts, const Balance& balance, absl::Time now) {
  Money sum;
  for (const auto& [credit, amount] : parts) {
    if (IsUnrestricted(credit, balance, now)) sum += amount;
  }
  return sum;
}

Money Unrestricted(const std::vector<Part>& parts, const Balance& balance, absl::Time now) {
  Money sum;
  for (const Part& part : parts) {
    if (IsUnrestricted(CreditId(part.credit()), balance, now)) sum += Money::Micros(part.amount_micros());
  }
  return sum;
}

}  // namespace bursar

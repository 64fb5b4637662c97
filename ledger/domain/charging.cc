#include "ledger/domain/charging.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"

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
  PricedUsage result{.cost = priced->amount, .category = price->category};
  result.most_quantity = price->most_quantity;
  result.metered.set_sku(usage.sku);
  result.metered.set_region(usage.region);
  result.metered.set_quantity(usage.quantity);
  result.metered.set_usage_time(absl::ToUnixMicros(time));
  result.metered.set_price_micros(price->price.micros());
  result.metered.set_per_quantity(price->per_quantity);
  result.metered.set_remainder(priced->remainder);
  result.metered.set_price_list(list->position);
  return result;
}

absl::Status CheckRoomForCharge(Money cost, const Balance& balance) {
  return balance.Charged() + cost > kMostCharged ? AmountTooLarge("sum of charges") : absl::OkStatus();
}

absl::Status CheckRoomForDebt(Money cost, const Balance& balance) {
  const Money debt = balance.outstanding + balance.held_on_limit + cost;
  return debt > kMostMoney ? AmountTooLarge("outstanding amount") : absl::OkStatus();
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

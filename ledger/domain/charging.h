// What holds, captures and usage have in common: pricing a quantity, and moving parts. Internal to the domain.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/context.h"
#include "ledger/domain/state.h"

namespace bursar {

struct PricedUsage {
  Money cost;
  std::string category;
  // nullopt where the cost was named.
  std::optional<storage::v1::MeteredQuantity> metered;
  // What the price list expects of one usage record at most; 0: no bound.
  int64_t most_quantity = 0;
};

// Prices a quantity by the list that was in force when it was used. NO_PRICE, INVALID_FIELD for a time in the future,
// AMOUNT_TOO_LARGE.
absl::StatusOr<PricedUsage> PriceUsage(const Metered& usage, const BillingAccount& account, const State& state,
                                       absl::Time now);

// Usage that has happened, outside any open hold.
struct Usage {
  const BillingAccount& payer;
  UserId user;
  ProjectId project;
  // Of the late hold; empty for a usage record.
  std::string action;
  PricedUsage priced;
  // The expired hold that this is a late capture of; empty for a usage record.
  HoldId late_hold;
};

// Charges it whatever funds there are, a sponsor's share to the sponsor, and orders work to stop where none are left.
// AMOUNT_TOO_LARGE.
absl::StatusOr<Decision> ChargeUsage(Usage usage, const Context& context);

// What of a cost no funds cover. `funds` are those before; may be negative.
Money Overshoot(Money cost, Money funds);

// AMOUNT_TOO_LARGE where the account's sum of charges could not carry `cost`.
absl::Status CheckRoomForCharge(Money cost, const Balance& balance);
// AMOUNT_TOO_LARGE where what is outstanding could not grow by `cost`, all of it beyond credits.
absl::Status CheckRoomForDebt(Money cost, const Balance& balance);

// An open hold with the account that pays.
struct OpenHold {
  const Hold& hold;
  const BillingAccount& account;
};

// HOLD_NOT_OPEN.
absl::StatusOr<OpenHold> FindOpenHold(HoldId id, const State& state);

// What goes back to credits that are still in force for the action becomes spendable on it again.
Money FundsAfterReturn(const HeldParts& returned, const OpenHold& open, absl::Time now);

// The first parts of a hold that make up `cost`, and what is left of it. `cost` is not more than the parts' sum.
std::pair<HeldParts, HeldParts> Split(const HeldParts& held, Money cost);

// Parts as an event says them.
void SetParts(google::protobuf::RepeatedPtrField<storage::v1::Part>& stored, const HeldParts& parts);
void SetParts(google::protobuf::RepeatedPtrField<storage::v1::Part>& stored,
              const std::vector<storage::v1::Part>& parts);
// The same, going back to credits that may have expired meanwhile.
void SetReturned(google::protobuf::RepeatedPtrField<storage::v1::Part>& parts, const HeldParts& returned,
                 const Balance& balance);

// The share of parts that the account may spend on anything: on the limit, or on a credit in force for all actions.
Money Unrestricted(const HeldParts& parts, const Balance& balance, absl::Time now);
Money Unrestricted(const std::vector<storage::v1::Part>& parts, const Balance& balance, absl::Time now);

}  // namespace bursar

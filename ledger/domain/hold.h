// Holds as the state keeps them. Only Evolve changes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/account.h"
#include "ledger/domain/money.h"

namespace bursar {

// In burn order; the credit is empty for the spending limit.
using HeldParts = std::vector<std::pair<CreditId, Money>>;

Money Sum(const HeldParts& parts);

// A sponsor's share of a hold; empty for none.
struct SponsoredHold {
  std::string sponsorship_id;
  BillingAccountId account;
  HeldParts parts;
  // The month whose quota it counts towards.
  Window month;
};

struct Hold {
  HoldId id;
  BillingAccountId account;
  UserId user;
  ProjectId project;
  std::string action;
  std::string category;
  // What the payer still holds.
  HeldParts parts;
  SponsoredHold sponsored;
  // What has been captured so far, by payer and sponsor.
  Money captured;
  // What payer and sponsor may be charged for it in all; zero: no bound.
  Money cost_limit;
  // That count it, by their numbers.
  std::vector<BudgetId> budgets;
  absl::Time expire_time;
  // Whether its platform has been told to stop the work.
  bool terminating = false;

  // What the payer still holds.
  Money Held() const { return Sum(parts); }
  // Whether its work would have to stop where there are no funds: nothing is held for it, and it was not told to.
  bool IsSpent() const { return parts.empty() && sponsored.parts.empty() && !terminating; }
};

// What is remembered of a hold that expired, so that a late capture can still be charged.
struct ExpiredHold {
  BillingAccountId account;
  UserId user;
  ProjectId project;
  std::string action;
  std::string category;
  // First instant at which it no longer can be.
  absl::Time late_until;
};

}  // namespace bursar

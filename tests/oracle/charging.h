// Money that is spent, and the work that is stopped because of it.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/ask.h"

namespace bursar::oracle {

// What was used, as priced by the list that was in force.
struct Priced {
  std::optional<v1::ErrorReason> refused;
  // More than any account may have.
  bool absurd = false;
  int64_t micros = 0;
  Wide remainder = 0;
  v1::PricedUsage shown;
  v1::Price price;
};
Priced PriceUsage(World& world, const Account& account, const v1::Usage& usage, absl::Time now);

// Whether an account can owe so much more, with what it owes and holds on its limit. Of a charge all counts, whatever
// credits pay of it.
bool IsTooLarge(const Account& account, Wide more);

// Counts a charge in the budgets whose filters it matches.
std::vector<Use> UseBudgets(Account& account, const std::string& user, const std::string& project,
                            const std::string& category, Wide micros, absl::Time now);

struct Order {
  uint64_t hold = 0;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  Wide overshoot = 0;
};
// Orders the work to stop that runs on nothing after a charge that used funds or a budget up; by holds.
std::vector<Order> StopWorkOnNothing(World& world, Account& account, const std::vector<Use>& uses, absl::Time now);

}  // namespace bursar::oracle

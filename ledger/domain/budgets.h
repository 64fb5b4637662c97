// What holds and charges have to do with the budgets of their payer. Internal to the domain.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/state.h"

namespace bursar {

// What a charge or hold is counted by.
struct Counted {
  const UserId& user;
  ProjectId project;
  const std::string& category;

  bool By(const Budget& budget) const { return budget.Counts(user, project, category); }
};

// The window that `now` lies in: the one that the budget is in, or where that is over, what the calendar says.
Window WindowAt(const Budget& budget, absl::Time now);

// For people, for example "monthly budget of project-7".
std::string NameOf(const Budget& budget, const BillingAccountId& account);

// What a charge of `amount` takes from each budget that counts it, in the order of their numbers.
void SetBudgetUses(google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses, const BillingAccount& account,
                   const Counted& counted, Money amount, absl::Time now);

}  // namespace bursar

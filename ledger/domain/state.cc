#include "ledger/domain/state.h"

#include <algorithm>

namespace bursar {
namespace {

template <class Map, class Key>
auto* FindIn(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

// Days since 1970 in UTC. Thirty of them count as lately, today among them.
constexpr int64_t kDaysOfLately = 30;
int64_t DayOf(absl::Time time) {
  constexpr int64_t kSecondsPerDay = 24 * 60 * 60;
  return absl::ToUnixSeconds(time) / kSecondsPerDay;
}

}  // namespace

const MemberAccess* Organization::Member(const UserId& user) const { return FindIn(members, user); }

std::vector<UserId> Organization::Admins() const {
  std::vector<UserId> admins;
  for (const auto& [user, access] : members) {
    if (access.admin) admins.push_back(user);
  }
  return admins;
}

bool Budget::Counts(const UserId& user, ProjectId project, absl::string_view category) const {
  return (scope.member.empty() || scope.member == user) && (scope.project.empty() || scope.project == project) &&
         (scope.category.empty() || scope.category == category);
}

Budget* BillingAccount::Find(BudgetId budget) {
  const auto found = std::find_if(budgets.begin(), budgets.end(), [&](const Budget& one) { return one.id == budget; });
  return found == budgets.end() ? nullptr : &*found;
}

const Budget* BillingAccount::Find(BudgetId budget) const { return const_cast<BillingAccount*>(this)->Find(budget); }

Money BillingAccount::SpentLately(absl::Time now) const {
  Money spent;
  const auto first = charged_by_day.upper_bound(DayOf(now) - kDaysOfLately);
  for (auto day = first; day != charged_by_day.end(); ++day) spent += day->second;
  return spent;
}

void BillingAccount::Spend(Money amount, absl::Time now) {
  charged_by_day.erase(charged_by_day.begin(), charged_by_day.upper_bound(DayOf(now) - kDaysOfLately));
  charged_by_day[DayOf(now)] += amount;
}

Money Sum(const HeldParts& parts) {
  Money sum;
  for (const auto& [credit, amount] : parts) sum += amount;
  return sum;
}

const User* State::Find(const UserId& id) const { return FindIn(users, id); }
const Organization* State::Find(const OrganizationId& id) const { return FindIn(organizations, id); }
const BillingAccount* State::Find(const BillingAccountId& id) const { return FindIn(accounts, id); }
const Project* State::Find(ProjectId id) const { return FindIn(projects, id); }
const Hold* State::Find(HoldId id) const { return FindIn(holds, id); }
const LimitIncrease* State::Find(IncreaseId id) const { return FindIn(increases, id); }
const BillingChange* State::Find(BillingChangeId id) const { return FindIn(billing_changes, id); }
const AssistedSetup* State::Find(AssistedSetupId id) const { return FindIn(assisted_setups, id); }

UserId State::Present(const UserId& id) const {
  const User* user = Find(id);
  return user == nullptr || user->merged_into.empty() ? id : Present(user->merged_into);
}

BillingAccountId State::Present(const BillingAccountId& id) const {
  const BillingAccount* account = Find(id);
  return account == nullptr || account->merged_into.empty() ? id : Present(account->merged_into);
}

absl::Time State::NextDue() const { return due.empty() ? absl::InfiniteFuture() : due.begin()->time; }

}  // namespace bursar

#include "ledger/domain/state.h"

#include <algorithm>

namespace bursar {
namespace {

template <class Map, class Key>
auto* FindIn(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
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

Money Hold::Held() const {
  Money held;
  for (const auto& [credit, amount] : parts) held += amount;
  return held;
}

const User* State::Find(const UserId& id) const { return FindIn(users, id); }
const Organization* State::Find(const OrganizationId& id) const { return FindIn(organizations, id); }
const BillingAccount* State::Find(const BillingAccountId& id) const { return FindIn(accounts, id); }
const Project* State::Find(ProjectId id) const { return FindIn(projects, id); }
const Hold* State::Find(HoldId id) const { return FindIn(holds, id); }
const LimitIncrease* State::Find(IncreaseId id) const { return FindIn(increases, id); }

absl::Time State::NextDue() const {
  absl::Time next = absl::InfiniteFuture();
  if (!holds_by_expiry.empty()) next = std::min(next, holds_by_expiry.begin()->first);
  if (!credits_by_expiry.empty()) next = std::min(next, credits_by_expiry.begin()->first);
  return next;
}

}  // namespace bursar

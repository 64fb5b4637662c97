#include "tests/oracle/ask.h"

#include <algorithm>

#include "tests/oracle/money.h"

namespace bursar::oracle {

Answer Refuse(v1::ErrorReason reason) { return {.refusals = {reason}, .written = false}; }
Answer NoOpinion() { return {.unknown = true}; }

bool IsStaff(const Asked& asked) { return asked.role != Role::kAnyone && asked.role != Role::kUser; }

bool AnswersFor(World& world, const std::string& user, const std::string& account) {
  if (user.empty()) return false;
  if (IsUser(account)) return world.Present(account) == user;
  const Organization* organization = world.OrganizationOf(account);
  if (organization == nullptr) return false;
  const auto member = organization->members.find(user);
  return member != organization->members.end() && member->second.admin;
}

bool BillsTo(World& world, const std::string& user, const std::string& account) {
  if (user.empty()) return false;
  if (IsUser(account)) return world.Present(account) == user;
  const Organization* organization = world.OrganizationOf(account);
  if (organization == nullptr) return false;
  const auto member = organization->members.find(user);
  return member != organization->members.end() && member->second.bills;
}

bool SeesCosts(World& world, const std::string& user, const std::string& account) {
  return AnswersFor(world, user, account) || BillsTo(world, user, account);
}

bool MayReadAccount(World& world, const Asked& asked, const std::string& account) {
  return IsStaff(asked) || (world.FindAccount(account) != nullptr && SeesCosts(world, asked.person, account));
}

bool SeesProject(World& world, const Asked& asked, const std::string& id) {
  const auto project = world.projects.find(id);
  if (project == world.projects.end()) return false;
  return IsStaff(asked) || world.Present(project->second.owner) == asked.person ||
         SeesCosts(world, asked.person, world.Present(project->second.payer));
}

bool IsClosed(World& world, const Asked& asked) {
  const User* user = world.FindUser(asked.person);
  return user != nullptr && user->closed;
}

std::optional<Answer> FindSubject(World& world, const Asked& asked, const std::string& named, std::string& subject) {
  if (named.empty() && asked.role != Role::kUser) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  subject = named.empty() ? asked.person : world.Present(named);
  if (asked.role == Role::kUser && subject != asked.person) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  return std::nullopt;
}

bool IsSetUp(World& world, const std::string& account) {
  const Account* found = world.FindAccount(account);
  if (found == nullptr) return false;
  const User* owner = world.FindUser(account);
  return found->confirmed || (owner != nullptr && owner->upgrade == v1::User::UPGRADE_INTERNAL);
}

bool UpgradeByOrganization(World& world, const std::string& user) {
  User& person = *world.FindUser(user);
  if (person.upgrade != v1::User::UPGRADE_NOT_UPGRADED) return false;
  for (const auto& [id, organization] : world.organizations) {
    if (BillsTo(world, user, id) && IsSetUp(world, id)) {
      person.upgrade = v1::User::UPGRADE_BY_ORGANIZATION;
      return true;
    }
  }
  return false;
}

Left LeaveBilling(World& world, const std::string& user, const std::string& organization) {
  Left left;
  User& person = *world.FindUser(user);
  if (person.default_payer == organization) left.default_payer = person.default_payer = user;
  if (person.upgrade != v1::User::UPGRADE_BY_ORGANIZATION) return left;
  person.upgrade = v1::User::UPGRADE_NOT_UPGRADED;
  left.downgraded = !UpgradeByOrganization(world, user);
  return left;
}

size_t AddCredit(World& world, Account& account, Credit credit) {
  world.account_of_credit[credit.number] = account.id;
  account.credits.push_back(std::move(credit));
  const size_t lot = account.credits.size();
  account.Put(lot, kOutside, kAvailable, account.credits.back().granted);
  return lot;
}

bool HasOpenHolds(World& world, const std::string& account) {
  return std::any_of(world.holds.begin(), world.holds.end(), [&](const auto& hold) {
    return !hold.second.expired &&
           (hold.second.account == account || (hold.second.sponsor == account && !hold.second.sponsored.empty()));
  });
}

}  // namespace bursar::oracle

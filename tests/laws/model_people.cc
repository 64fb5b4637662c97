// What the log says of people: who is merged, closed or removed, and which projects move.
#include <algorithm>

#include "tests/laws/model.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;

void Rename(std::string& name, const std::string& from, const std::string& into) {
  if (name == from) name = into;
}

// Whatever a command may name.
template <class Asked, class Visit>
void EachName(Asked& asked, const Visit& visit) {
  if constexpr (requires { asked.user; }) visit(asked.user);
  if constexpr (requires { asked.admin; }) visit(asked.admin);
  if constexpr (requires { asked.scope; }) visit(asked.scope.member);
  if constexpr (requires { asked.bill_to; }) visit(asked.bill_to);
  if constexpr (requires { asked.billing_account; }) visit(asked.billing_account);
  if constexpr (requires { asked.action.user; }) EachName(asked.action, visit);
}

}  // namespace

std::string Model::Now(std::string user) const {
  for (auto next = merged.find(user); next != merged.end(); next = merged.find(user)) user = next->second;
  return user;
}

Command Model::InNamesOfToday(const Command& command) const {
  Command today = command;
  const auto rename = [this](auto& id) { id = std::decay_t<decltype(id)>::Trusted(Now(id.text())); };
  std::visit([&](auto& one) { EachName(one, rename); }, today);
  return today;
}

Principal Model::InNameOfToday(const Principal& principal) const {
  Principal today = principal;
  const std::string user = UserId::OfHandle(principal.name).text();
  if (merged.count(user) != 0) today.name = std::string(UserId::Trusted(Now(user)).handle());
  return today;
}

bool Model::IsLastAdmin(const std::string& organization, const std::string& user) const {
  const auto& all = members.at(organization);
  const auto found = all.find(user);
  if (found == all.end() || !found->second.admin) return false;
  return std::none_of(all.begin(), all.end(),
                      [&](const auto& member) { return member.first != user && member.second.admin; });
}

void Model::Merge(const storage::v1::UsersMerged& event) {
  const std::string& from = event.from_user_id();
  const std::string& into = event.into_user_id();
  merged[from] = into;
  for (auto& [organization, all] : members) {
    const auto found = all.find(from);
    if (found == all.end()) continue;
    const MemberAccess access = found->second;
    all.erase(found);
    all[into].admin |= access.admin;
    all[into].allow_billable_activities |= access.allow_billable_activities;
  }
  for (auto& [organization, invited] : invitations) {
    invited.erase(from);
    const auto all = members.find(organization);
    if (all != members.end() && all->second.count(into) != 0) invited.erase(into);
  }
  for (auto& [project, payer] : projects) Rename(payer, from, into);
  for (auto& [project, payer] : offers) Rename(payer, from, into);
  for (auto& [number, hold] : holds) Rename(hold.user, from, into);
  for (auto& [number, hold] : expired_holds) Rename(hold.user, from, into), Rename(hold.account, from, into);
  for (auto& [number, usage] : quarantined) Rename(usage.user, from, into), Rename(usage.account, from, into);
  for (auto& [number, increase] : increases) Rename(increase.requester, from, into);
  for (auto& sponsorship : sponsorships) Rename(*sponsorship.mutable_billing_account(), from, into);
  for (auto& [number, budget] : budgets) {
    Rename(budget.user, from, into);
    // Ceilings on projects go where the projects go.
    if (budget.project != 0) Rename(budget.account, from, into);
  }
  JoinSponsored(from, into);
  if (!event.promotion_id().empty()) {
    promises[into] = promises.at(from);
    promises.erase(from);
  }
  EndSetup(from);
}

// A person has one quota in a month.
void Model::JoinSponsored(const std::string& from, const std::string& into) {
  for (const auto& sponsorship : sponsorships) {
    const auto found = sponsored.find({sponsorship.sponsorship_id(), from});
    if (found == sponsored.end()) continue;
    const auto [month, used] = found->second;
    sponsored.erase(found);
    auto& joined = sponsored[{sponsorship.sponsorship_id(), into}];
    if (joined.first < month) joined = {month, 0};
    if (joined.first == month) joined.second += used;
  }
}

void Model::MoveIn(const storage::v1::FundsMovedIn& event, const storage::v1::Entry& entry) {
  ModelAccount& account = accounts.at(event.billing_account());
  int64_t gained = -event.outstanding_micros();
  account.charged_on_limit += event.outstanding_micros();
  for (const auto& moved : event.credits()) {
    ModelCredit& credit = account.credits[moved.credit()];
    credit.prepaid = moved.origin() == storage::v1::CreditGranted::ORIGIN_PAYMENT;
    credit.promotion = moved.origin() == storage::v1::CreditGranted::ORIGIN_PROMOTION;
    credit.priority = credit.prepaid ? kLastPriority : moved.priority();
    credit.effective_time = moved.effective_time();
    credit.expire_time = moved.expire_time() == 0 ? kNever : moved.expire_time();
    credit.actions = {moved.actions().begin(), moved.actions().end()};
    credit.granted += moved.amount_micros();
    if (!credit.over && credit.PaysFor("", entry.commit_time()) && credit.actions.empty())
      gained += moved.amount_micros();
  }
  if (gained > 0) Rebase(account, entry);
}

void Model::ApplyPeople(const Event& event, const storage::v1::Entry& entry) {
  switch (event.kind_case()) {
    case Event::kUsersMerged:
      return Merge(event.users_merged());
    case Event::kUserClosed:
      closed.insert(event.user_closed().user_id());
      for (auto& [organization, invited] : invitations) invited.erase(event.user_closed().user_id());
      return EndSetup(event.user_closed().user_id());
    case Event::kMemberRemoved:
      members.at(event.member_removed().organization_id()).erase(event.member_removed().user_id());
      return;
    case Event::kProjectTransferOffered:
      offers[event.project_transfer_offered().project()] = event.project_transfer_offered().billing_account();
      return;
    case Event::kProjectTransferDeclined:
      offers.erase(event.project_transfer_declined().project());
      return;
    case Event::kProjectPayerSet:
      offers.erase(event.project_payer_set().project());
      projects.at(event.project_payer_set().project()) = event.project_payer_set().billing_account();
      return;
    case Event::kOrganizationExpirySet: {
      const int64_t expire_time = event.organization_expiry_set().expire_time();
      accounts.at(event.organization_expiry_set().organization_id()).organization_expire_time =
          expire_time == 0 ? kNever : expire_time;
      return;
    }
    case Event::kFundsMovedOut: {
      ModelAccount& account = accounts.at(event.funds_moved_out().billing_account());
      account.settled += event.funds_moved_out().outstanding_micros();
      for (const auto& moved : event.funds_moved_out().credits()) {
        account.credits.at(moved.credit()).moved += moved.amount_micros();
        account.credits.at(moved.credit()).over = true;
      }
      return;
    }
    case Event::kFundsMovedIn:
      return MoveIn(event.funds_moved_in(), entry);
    default:
      return;
  }
}

}  // namespace bursar::laws

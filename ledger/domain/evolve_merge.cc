// What changes hands in the state when two users turn out to be one person, and what ends with an account.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "ledger/domain/evolution.h"

namespace bursar {
namespace {

// What was one member's is another's now, who may do what either could.
void Rename(std::map<UserId, MemberAccess>& members, const UserId& from, const UserId& into) {
  const auto found = members.find(from);
  if (found == members.end()) return;
  MemberAccess& access = members[into];
  access.admin = access.admin || found->second.admin;
  access.allow_billable_activities = access.allow_billable_activities || found->second.allow_billable_activities;
  members.erase(from);
}

template <class Id>
void Rename(Id& id, const Id& from, const Id& into) {
  if (id == from) id = into;
}

void TakeLogins(State& state, User& from, User& into) {
  state.user_of_email[absl::AsciiStrToLower(from.person.email)] = into.id;
  for (Identity& identity : from.identities) {
    state.user_of_identity[{identity.issuer, identity.subject}] = into.id;
    into.identities.push_back(std::move(identity));
  }
  from.identities.clear();
}

// What an earlier user of the same person had, too: its e-mail leads to `from` still.
void RenameEverywhere(State& state, const UserId& from, const UserId& into) {
  const BillingAccountId from_account(from);
  const BillingAccountId into_account(into);
  for (auto& [email, user] : state.user_of_email) Rename(user, from, into);
  for (auto& [id, organization] : state.organizations) {
    Rename(organization.members, from, into);
    organization.invitations.erase(from);
    if (organization.members.contains(into)) organization.invitations.erase(into);
  }
  for (auto& [id, account] : state.accounts) {
    for (Budget& budget : account.budgets) Rename(budget.scope.member, from, into);
  }
  for (auto& [id, project] : state.projects) {
    Rename(project.owner, from, into);
    Rename(project.payer, from_account, into_account);
    Rename(project.offered_to, from_account, into_account);
    Rename(project.offered_by, from, into);
  }
  for (auto& [id, hold] : state.holds) Rename(hold.user, from, into);
  for (auto& [id, hold] : state.expired_holds) {
    Rename(hold.user, from, into);
    Rename(hold.account, from_account, into_account);
  }
  for (auto& [id, usage] : state.quarantined) {
    Rename(usage.user, from, into);
    Rename(usage.account, from_account, into_account);
  }
  for (auto& [id, increase] : state.increases) Rename(increase.requester, from, into);
  for (auto& [id, change] : state.billing_changes) Rename(change.requester, from, into);
  for (auto& [id, setup] : state.assisted_setups) Rename(setup.requester, from, into);
  for (auto& [id, sponsorship] : state.policy.sponsorships) Rename(sponsorship.account, from_account, into_account);
}

// Ceilings on projects go where the projects go.
void MoveProjectBudgets(State& state, BillingAccount& from, BillingAccount& into) {
  const auto stays = std::stable_partition(from.budgets.begin(), from.budgets.end(),
                                           [](const Budget& budget) { return budget.scope.project.empty(); });
  for (auto moving = stays; moving != from.budgets.end(); ++moving) {
    state.account_of_budget[moving->id] = into.id;
    into.budgets.push_back(std::move(*moving));
  }
  from.budgets.erase(stays, from.budgets.end());
  std::sort(into.budgets.begin(), into.budgets.end(), [](const Budget& a, const Budget& b) { return a.id < b.id; });
}

// A person has one quota in a month.
void JoinSponsoredUse(State& state, const BillingAccountId& from, const BillingAccountId& into) {
  for (const auto& [sponsorship, policy] : state.policy.sponsorships) {
    const auto found = state.sponsored.find({sponsorship, from});
    if (found == state.sponsored.end()) continue;
    const SponsorUse used = found->second;
    state.sponsored.erase(found);
    SponsorUse& use = state.sponsored[{sponsorship, into}];
    if (use.month.start < used.month.start || use.month.end == absl::InfiniteFuture()) {
      use = used;
    } else if (use.month.start == used.month.start) {
      use.used += used.used;
      use.held += used.held;
    }
  }
}

}  // namespace

void Evolution::On(const storage::v1::UsersMerged& event) {
  User& from = UserOf(event.from_user_id());
  User& into = UserOf(event.into_user_id());
  from.status = User::Status::kMerged;
  from.merged_into = into.id;
  BillingAccount& from_account = Account(from.id.text());
  BillingAccount& into_account = Account(into.id.text());
  from_account.merged_into = into_account.id;
  if (!event.promotion_id().empty()) into.entitlement = std::exchange(from.entitlement, std::nullopt);
  TakeLogins(state_, from, into);
  RenameEverywhere(state_, from.id, into.id);
  MoveProjectBudgets(state_, from_account, into_account);
  JoinSponsoredUse(state_, from_account.id, into_account.id);
  EndSetup(from_account.setup);
}

void Evolution::On(const storage::v1::UserClosed& event) {
  User& user = UserOf(event.user_id());
  user.status = User::Status::kClosed;
  for (auto& [id, organization] : state_.organizations) organization.invitations.erase(user.id);
  EndSetup(Account(user.id.text()).setup);
}

// Nobody confirms any more, and no operator helps.
void Evolution::EndSetup(BillingSetup& setup) {
  KillLink(setup);
  if (setup.status == BillingSetup::Status::kPending) setup.status = BillingSetup::Status::kNone;
  const auto assisted = state_.assisted_setups.find(setup.open_setup);
  if (assisted == state_.assisted_setups.end()) return;
  Forget(Due::Kind::kSlotStarts, assisted->second.slot.start, setup.open_setup.number());
  Forget(Due::Kind::kSlotEnds, assisted->second.slot.end, setup.open_setup.number());
  state_.assisted_setups.erase(assisted);
  setup.open_setup = AssistedSetupId();
}

}  // namespace bursar

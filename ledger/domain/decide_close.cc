// A user who goes. What the ledger knows stays; handle and e-mail stay taken.
#include <map>

#include "ledger/domain/closing.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

constexpr char kReason[] = "the account was closed";

// Ordered: what follows from it is written down.
std::map<OrganizationId, const Organization*> OrganizationsOf(const UserId& user, const State& state) {
  std::map<OrganizationId, const Organization*> organizations;
  for (const auto& [id, organization] : state.organizations) {
    if (organization.Member(user) != nullptr) organizations[id] = &organization;
  }
  return organizations;
}

void Leave(Events& events, const User& user, const std::map<OrganizationId, const Organization*>& organizations) {
  for (const auto& [id, organization] : organizations) {
    auto& removed = *events.emplace_back().mutable_member_removed();
    removed.set_organization_id(id.text());
    removed.set_user_id(user.id.text());
  }
  if (user.upgraded == UpgradeRoute::kOrganization) {
    events.emplace_back().mutable_user_downgraded()->set_user_id(user.id.text());
  }
  if (user.default_payer != BillingAccountId(user.id)) {
    events.push_back(DefaultPayerIs(BillingAccountId(user.id), user.id));
  }
}

void EndAccount(Events& events, const BillingAccount& account, const Context& context) {
  Closing closing(events, account, context);
  closing.WithdrawRequests(kReason);
  for (const Credit& credit : account.balance.credits) {
    // What was paid in advance has been paid back; what comes back to it later is the payer's.
    const bool granted = credit.origin != storage::v1::CreditGranted::ORIGIN_PAYMENT;
    if (granted && !credit.over && credit.available > Money()) closing.Revoke(credit, kReason);
  }
  closing.DropLimit(kReason);
  closing.Notice();
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const CloseUser& command, const Context& context) {
  const User* user = context.state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  if (user->status == User::Status::kClosed) return UserClosed(user->id);
  const BillingAccount& account = *context.state.Find(BillingAccountId(user->id));
  const Unsettled left = UnsettledOf(account, context.state);
  if (left.Any()) return NotSettled(account.id, left, account.currency);
  const auto organizations = OrganizationsOf(user->id, context.state);
  for (const auto& [id, organization] : organizations) {
    if (organization->Member(user->id)->admin && organization->Admins().size() == 1) return LastAdmin(id);
  }
  Decision decision;
  Leave(decision.events, *user, organizations);
  EndAccount(decision.events, account, context);
  decision.events.emplace_back().mutable_user_closed()->set_user_id(user->id.text());
  return decision;
}

}  // namespace bursar

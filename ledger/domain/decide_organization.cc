// Organizations and their members.
#include "absl/strings/ascii.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

bool IsSetUp(const State& state, const OrganizationId& organization) {
  return state.Find(BillingAccountId(organization))->setup.status == BillingSetup::Status::kConfirmed;
}

// A spending member of an organization whose billing is set up needs no form of its own.
bool UpgradesBy(const MemberAccess& access, const OrganizationId& organization, const UserId& user,
                const State& state) {
  return access.allow_billable_activities && !state.Find(user)->upgraded.has_value() && IsSetUp(state, organization);
}

// Whether another organization than `left` still stands for the user's billing.
bool SpendsElsewhere(const UserId& user, const OrganizationId& left, const State& state) {
  for (const auto& [id, organization] : state.organizations) {
    const MemberAccess* access = organization.Member(user);
    if (id != left && access != nullptr && access->allow_billable_activities && IsSetUp(state, id)) return true;
  }
  return false;
}

// What follows for a user who may no longer bill to `organization`. Its projects stay billed to it.
void StopBillingTo(Events& events, const OrganizationId& organization, const UserId& id, const State& state) {
  const User& user = *state.Find(id);
  if (user.upgraded == UpgradeRoute::kOrganization && !SpendsElsewhere(id, organization, state)) {
    events.emplace_back().mutable_user_downgraded()->set_user_id(id.text());
  }
  if (user.default_payer == BillingAccountId(organization)) {
    events.push_back(DefaultPayerIs(BillingAccountId(id), id));
  }
}

bool IsLastAdmin(const Organization& organization, const MemberAccess& access) {
  return access.admin && organization.Admins().size() == 1;
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const CreateOrganization& command, const Context& context) {
  const User* admin = context.state.Find(command.admin);
  if (admin == nullptr) return UserNotFound(command.admin);
  if (admin->status == User::Status::kClosed) return UserClosed(admin->id);
  const OrganizationId organization = OrganizationId::OfHandle(absl::AsciiStrToLower(command.handle));
  if (context.state.Find(organization) != nullptr) return HandleTaken(organization.handle());
  Event event;
  auto& created = *event.mutable_organization_created();
  created.set_organization_id(organization.text());
  created.set_name(command.name);
  created.set_admin_user_id(command.admin.text());
  created.set_hides_admins(command.hides_admins);
  return Happened(event, AccountOpened(BillingAccountId(organization), command.currency));
}

absl::StatusOr<Decision> DecidePeople(const InviteMember& command, const Context& context) {
  const User* user = context.state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  if (user->status == User::Status::kClosed) return UserClosed(user->id);
  if (context.state.Find(command.organization)->Member(command.user) != nullptr) {
    return AlreadyMember(command.organization, command.user);
  }
  Event event;
  auto& invited = *event.mutable_member_invited();
  invited.set_organization_id(command.organization.text());
  invited.set_user_id(command.user.text());
  *invited.mutable_access() = ToStorage(command.access);
  return Happened(event);
}

absl::StatusOr<Decision> DecidePeople(const AcceptInvitation& command, const Context& context) {
  const Organization* organization = context.state.Find(command.organization);
  if (organization == nullptr) return NotInvited(command.organization, command.user);
  const auto invitation = organization->invitations.find(command.user);
  if (invitation == organization->invitations.end()) return NotInvited(command.organization, command.user);
  Event event;
  event.mutable_invitation_accepted()->set_organization_id(command.organization.text());
  event.mutable_invitation_accepted()->set_user_id(command.user.text());
  Decision decision = Happened(event);
  if (UpgradesBy(invitation->second, command.organization, command.user, context.state)) {
    decision.events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_ORGANIZATION, command.user));
  }
  return decision;
}

absl::StatusOr<Decision> DecidePeople(const SetMemberAccess& command, const Context& context) {
  const Organization* organization = context.state.Find(command.organization);
  const MemberAccess* access = organization->Member(command.user);
  if (access == nullptr) return NotAMember(command.organization, command.user);
  if (!command.access.admin && IsLastAdmin(*organization, *access)) return LastAdmin(command.organization);
  Event event;
  auto& set = *event.mutable_member_access_set();
  set.set_organization_id(command.organization.text());
  set.set_user_id(command.user.text());
  *set.mutable_access() = ToStorage(command.access);
  Decision decision = Happened(event);
  if (UpgradesBy(command.access, command.organization, command.user, context.state)) {
    decision.events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_ORGANIZATION, command.user));
  }
  if (!command.access.allow_billable_activities) {
    StopBillingTo(decision.events, command.organization, command.user, context.state);
  }
  return decision;
}

absl::StatusOr<Decision> DecidePeople(const RemoveMember& command, const Context& context) {
  const Organization* organization = context.state.Find(command.organization);
  const MemberAccess* access = organization == nullptr ? nullptr : organization->Member(command.user);
  if (access == nullptr) return NotAMember(command.organization, command.user);
  if (IsLastAdmin(*organization, *access)) return LastAdmin(command.organization);
  Event event;
  event.mutable_member_removed()->set_organization_id(command.organization.text());
  event.mutable_member_removed()->set_user_id(command.user.text());
  Decision decision = Happened(event);
  StopBillingTo(decision.events, command.organization, command.user, context.state);
  return decision;
}

absl::StatusOr<Decision> DecidePeople(const SetOrganizationSettings& command, const Context&) {
  Event event;
  auto& set = *event.mutable_organization_settings_set();
  set.set_organization_id(command.organization.text());
  set.set_hides_admins(command.hides_admins);
  set.set_restricts_transfers(command.restricts_transfers);
  return Happened(event);
}

absl::StatusOr<Decision> DecidePeople(const SetOrganizationExpiry& command, const Context& context) {
  if (context.state.Find(command.organization) == nullptr) return OrganizationNotFound(command.organization);
  Event event;
  event.mutable_organization_expiry_set()->set_organization_id(command.organization.text());
  event.mutable_organization_expiry_set()->set_expire_time(MicrosOrNever(command.expire_time));
  return Happened(event);
}

}  // namespace bursar

// bursar.v1.AccountService: organizations and their members.
#include "bursar/v1/account.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/account_service.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// Organizations -------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseCreateOrganization(const Call& call, const v1::CreateOrganizationRequest& request) {
  const auto admin = UserOrCaller(call, "admin_user_id", request.admin_user_id());
  if (!admin.ok()) return admin.status();
  return CreateOrganization{.handle = request.handle(),
                            .name = request.name(),
                            .admin = *admin,
                            .currency = request.currency(),
                            .hides_admins = request.hides_admins()};
}

v1::CreateOrganizationResponse RenderCreateOrganization(const Entry& entry) {
  v1::CreateOrganizationResponse response;
  const auto& created = EventOf(entry, Event::kOrganizationCreated).organization_created();
  response.set_organization_id(created.organization_id());
  response.set_name(created.name());
  response.set_admin_user_id(created.admin_user_id());
  response.set_currency(EventOf(entry, Event::kBillingAccountOpened).billing_account_opened().currency());
  response.set_position(entry.position());
  return response;
}

// Whether the viewer sees who may do what: members of an organization that hides its admins do not.
bool SeesAccess(const State& state, const Organization& organization, const Principal& viewer) {
  if (IsStaff(viewer) || !organization.hides_admins) return true;
  const auto user = PersonBehind(state, viewer);
  const MemberAccess* access = user.has_value() ? organization.Member(*user) : nullptr;
  return access != nullptr && access->admin;
}

v1::Organization ToOrganization(const State& state, const Organization& organization, const Principal& viewer) {
  v1::Organization shown;
  shown.set_organization_id(organization.id.text());
  shown.set_name(organization.name);
  shown.set_hides_admins(organization.hides_admins);
  shown.set_restricts_transfers(organization.restricts_transfers);
  if (organization.expire_time != absl::InfiniteFuture()) {
    *shown.mutable_expire_time() = ToTimestamp(organization.expire_time);
  }
  const bool sees_access = SeesAccess(state, organization, viewer);
  const auto self = PersonBehind(state, viewer);
  for (const auto& [user, access] : organization.members) {
    const bool own = self == user;
    *shown.add_members() = ToMembership(organization.id, user, sees_access || own ? &access : nullptr);
  }
  for (const auto& [user, access] : organization.invitations) {
    if (sees_access || self == user) *shown.add_invitations() = ToMembership(organization.id, user, &access);
  }
  return shown;
}

absl::StatusOr<Command> ParseSetOrganizationSettings(const Call&, const v1::SetOrganizationSettingsRequest& request) {
  return SetOrganizationSettings{.organization = IdOf<OrganizationId>(request.organization_id()),
                                 .hides_admins = request.hides_admins(),
                                 .restricts_transfers = request.restricts_transfers()};
}

v1::SetOrganizationSettingsResponse RenderSetOrganizationSettings(const Entry& entry) {
  v1::SetOrganizationSettingsResponse response;
  const auto& set = EventOf(entry, Event::kOrganizationSettingsSet).organization_settings_set();
  response.set_organization_id(set.organization_id());
  response.set_hides_admins(set.hides_admins());
  response.set_restricts_transfers(set.restricts_transfers());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseSetOrganizationExpiry(const Call&, const v1::SetOrganizationExpiryRequest& request) {
  return SetOrganizationExpiry{.organization = IdOf<OrganizationId>(request.organization_id()),
                               .expire_time = TimeIf(request.has_expire_time(), request.expire_time())};
}

v1::SetOrganizationExpiryResponse RenderSetOrganizationExpiry(const Entry& entry) {
  v1::SetOrganizationExpiryResponse response;
  const auto& set = EventOf(entry, Event::kOrganizationExpirySet).organization_expiry_set();
  response.set_organization_id(set.organization_id());
  if (set.expire_time() != 0) *response.mutable_expire_time() = ToTimestamp(set.expire_time());
  response.set_position(entry.position());
  return response;
}

// Members -------------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseInviteMember(const Call&, const v1::InviteMemberRequest& request) {
  return InviteMember{.organization = IdOf<OrganizationId>(request.organization_id()),
                      .user = IdOf<UserId>(request.user_id()),
                      .access = ParseAccess(request.access())};
}

v1::InviteMemberResponse RenderInviteMember(const Entry& entry) {
  v1::InviteMemberResponse response;
  const auto& invited = EventOf(entry, Event::kMemberInvited).member_invited();
  auto& invitation = *response.mutable_invitation();
  invitation.set_organization_id(invited.organization_id());
  invitation.set_user_id(invited.user_id());
  *invitation.mutable_access() = ToAccess(invited.access());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseAcceptInvitation(const Call& call, const v1::AcceptInvitationRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return AcceptInvitation{.organization = IdOf<OrganizationId>(request.organization_id()), .user = *user};
}

v1::AcceptInvitationResponse RenderAcceptInvitation(const Entry& entry) {
  v1::AcceptInvitationResponse response;
  const auto& accepted = EventOf(entry, Event::kInvitationAccepted).invitation_accepted();
  response.set_organization_id(accepted.organization_id());
  response.set_user_id(accepted.user_id());
  response.set_upgraded(EventOf(entry, Event::kUserUpgraded).has_user_upgraded());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseSetMemberAccess(const Call&, const v1::SetMemberAccessRequest& request) {
  return SetMemberAccess{.organization = IdOf<OrganizationId>(request.organization_id()),
                         .user = IdOf<UserId>(request.user_id()),
                         .access = ParseAccess(request.access())};
}

v1::SetMemberAccessResponse RenderSetMemberAccess(const Entry& entry) {
  v1::SetMemberAccessResponse response;
  const auto& set = EventOf(entry, Event::kMemberAccessSet).member_access_set();
  auto& member = *response.mutable_member();
  member.set_organization_id(set.organization_id());
  member.set_user_id(set.user_id());
  *member.mutable_access() = ToAccess(set.access());
  response.set_upgraded(EventOf(entry, Event::kUserUpgraded).has_user_upgraded());
  response.set_downgraded(EventOf(entry, Event::kUserDowngraded).has_user_downgraded());
  response.set_default_payer(EventOf(entry, Event::kDefaultPayerSet).default_payer_set().billing_account());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseRemoveMember(const Call& call, const v1::RemoveMemberRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return RemoveMember{.organization = IdOf<OrganizationId>(request.organization_id()), .user = *user};
}

v1::RemoveMemberResponse RenderRemoveMember(const Entry& entry) {
  v1::RemoveMemberResponse response;
  const auto& removed = EventOf(entry, Event::kMemberRemoved).member_removed();
  response.set_organization_id(removed.organization_id());
  response.set_user_id(removed.user_id());
  response.set_downgraded(EventOf(entry, Event::kUserDowngraded).has_user_downgraded());
  response.set_default_payer(EventOf(entry, Event::kDefaultPayerSet).default_payer_set().billing_account());
  response.set_position(entry.position());
  return response;
}

}  // namespace

v1::Membership ToMembership(const OrganizationId& organization, const UserId& user, const MemberAccess* access) {
  v1::Membership shown;
  shown.set_organization_id(organization.text());
  shown.set_user_id(user.text());
  if (access != nullptr) *shown.mutable_access() = ToAccess(*access);
  return shown;
}

void AddOrganizations(Methods& methods, Ledger& ledger) {
  methods.Write<v1::CreateOrganizationRequest, v1::CreateOrganizationResponse>(ParseCreateOrganization,
                                                                               RenderCreateOrganization);
  methods.Write<v1::SetOrganizationSettingsRequest, v1::SetOrganizationSettingsResponse>(ParseSetOrganizationSettings,
                                                                                         RenderSetOrganizationSettings);
  methods.Write<v1::SetOrganizationExpiryRequest, v1::SetOrganizationExpiryResponse>(ParseSetOrganizationExpiry,
                                                                                     RenderSetOrganizationExpiry);
  methods.Write<v1::InviteMemberRequest, v1::InviteMemberResponse>(ParseInviteMember, RenderInviteMember);
  methods.Write<v1::AcceptInvitationRequest, v1::AcceptInvitationResponse>(ParseAcceptInvitation,
                                                                           RenderAcceptInvitation);
  methods.Write<v1::SetMemberAccessRequest, v1::SetMemberAccessResponse>(ParseSetMemberAccess, RenderSetMemberAccess);
  methods.Write<v1::RemoveMemberRequest, v1::RemoveMemberResponse>(ParseRemoveMember, RenderRemoveMember);

  methods.Read<v1::GetOrganizationRequest, v1::GetOrganizationResponse>(
      [&ledger](const Call& call, const v1::GetOrganizationRequest& request) {
        return FromState<v1::GetOrganizationResponse>(
            ledger, [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetOrganizationResponse> {
              const auto id = IdOf<OrganizationId>(request.organization_id());
              if (auto status = MayReadOrganization(state, call.principal, id); !status.ok()) return status;
              const Organization* organization = state.Find(id);
              if (organization == nullptr) return OrganizationNotFound(id);
              v1::GetOrganizationResponse response;
              *response.mutable_organization() = ToOrganization(state, *organization, call.principal);
              response.set_position(state.position);
              return response;
            });
      });
}

}  // namespace bursar

// bursar.v1.AccountService.
#include <set>

#include "bursar/v1/account.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// Users and organizations --------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseRegisterUser(const Call&, const v1::RegisterUserRequest& request) {
  return RegisterUser{.handle = request.handle(),
                      .person = {.name = request.name(), .email = request.email()},
                      .partner_id = request.partner_id(),
                      .region = request.region(),
                      .currency = request.currency()};
}

v1::RegisterUserResponse RenderRegisterUser(const Entry& entry) {
  v1::RegisterUserResponse response;
  const auto& registered = EventOf(entry, Event::kUserRegistered).user_registered();
  response.set_user_id(registered.user_id());
  response.set_partner_id(registered.partner_id());
  response.set_region(registered.region());
  response.set_currency(EventOf(entry, Event::kBillingAccountOpened).billing_account_opened().currency());
  if (const Event& event = EventOf(entry, Event::kPromotionEntitled); event.has_promotion_entitled()) {
    auto& entitlement = *response.mutable_entitlement();
    entitlement.set_promotion_id(event.promotion_entitled().promotion_id());
    entitlement.set_amount_micros(event.promotion_entitled().amount_micros());
    entitlement.set_currency(event.promotion_entitled().currency());
    entitlement.set_status(v1::Entitlement::STATUS_ENTITLED);
  }
  response.set_position(entry.position());
  return response;
}

v1::Entitlement ToEntitlement(const Entitlement& entitlement) {
  v1::Entitlement shown;
  shown.set_promotion_id(entitlement.promotion_id);
  shown.set_amount_micros(entitlement.amount.micros());
  shown.set_currency(entitlement.currency);
  shown.set_lapse_reason(entitlement.lapse_reason);
  switch (entitlement.status) {
    case Entitlement::Status::kEntitled:
      shown.set_status(v1::Entitlement::STATUS_ENTITLED);
      break;
    case Entitlement::Status::kGranted:
      shown.set_status(v1::Entitlement::STATUS_GRANTED);
      break;
    case Entitlement::Status::kLapsed:
      shown.set_status(v1::Entitlement::STATUS_LAPSED);
      break;
  }
  return shown;
}

v1::User::Upgrade ToUpgrade(const State& state, const User& user) {
  if (user.upgraded == UpgradeRoute::kForm) return v1::User::UPGRADE_BY_FORM;
  if (user.upgraded == UpgradeRoute::kOrganization) return v1::User::UPGRADE_BY_ORGANIZATION;
  const BillingAccount* account = state.Find(BillingAccountId(user.id));
  const bool pending = account != nullptr && account->setup.status == BillingSetup::Status::kPending;
  return pending ? v1::User::UPGRADE_PENDING : v1::User::UPGRADE_NOT_UPGRADED;
}

v1::Membership ToMembership(const OrganizationId& organization, const UserId& user, const MemberAccess* access) {
  v1::Membership shown;
  shown.set_organization_id(organization.text());
  shown.set_user_id(user.text());
  if (access != nullptr) *shown.mutable_access() = ToAccess(*access);
  return shown;
}

void SetMemberships(v1::User& shown, const State& state, const UserId& user) {
  std::set<OrganizationId> sorted;
  for (const auto& [id, organization] : state.organizations) {
    if (organization.members.contains(user) || organization.invitations.contains(user)) sorted.insert(id);
  }
  for (const OrganizationId& id : sorted) {
    const Organization& organization = *state.Find(id);
    if (const MemberAccess* access = organization.Member(user)) {
      *shown.add_memberships() = ToMembership(id, user, access);
    } else {
      *shown.add_invitations() = ToMembership(id, user, &organization.invitations.at(user));
    }
  }
}

v1::User ToUser(const State& state, const User& user, const Principal& viewer) {
  v1::User shown;
  shown.set_user_id(user.id.text());
  shown.set_handle(std::string(user.id.handle()));
  shown.set_name(user.person.name);
  shown.set_profile_only(!MayReadProfile(viewer, user.id));
  if (shown.profile_only()) return shown;
  shown.set_email(user.person.email);
  shown.set_partner_id(user.partner_id);
  shown.set_region(user.region);
  shown.set_default_payer(user.default_payer.text());
  shown.set_upgrade(ToUpgrade(state, user));
  if (user.entitlement.has_value()) *shown.mutable_entitlement() = ToEntitlement(*user.entitlement);
  SetMemberships(shown, state, user.id);
  return shown;
}

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
bool SeesAccess(const Organization& organization, const Principal& viewer) {
  if (IsStaff(viewer) || !organization.hides_admins) return true;
  const auto user = viewer.user();
  const MemberAccess* access = user.has_value() ? organization.Member(*user) : nullptr;
  return access != nullptr && access->admin;
}

v1::Organization ToOrganization(const Organization& organization, const Principal& viewer) {
  v1::Organization shown;
  shown.set_organization_id(organization.id.text());
  shown.set_name(organization.name);
  shown.set_hides_admins(organization.hides_admins);
  const bool sees_access = SeesAccess(organization, viewer);
  for (const auto& [user, access] : organization.members) {
    const bool own = viewer.user() == user;
    *shown.add_members() = ToMembership(organization.id, user, sees_access || own ? &access : nullptr);
  }
  for (const auto& [user, access] : organization.invitations) {
    if (sees_access || viewer.user() == user) *shown.add_invitations() = ToMembership(organization.id, user, &access);
  }
  return shown;
}

// Members ------------------------------------------------------------------------------------------------------------

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
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseSetDefaultPayer(const Call& call, const v1::SetDefaultPayerRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return SetDefaultPayer{.user = *user, .billing_account = IdOf<BillingAccountId>(request.billing_account())};
}

v1::SetDefaultPayerResponse RenderSetDefaultPayer(const Entry& entry) {
  v1::SetDefaultPayerResponse response;
  const auto& set = EventOf(entry, Event::kDefaultPayerSet).default_payer_set();
  response.set_user_id(set.user_id());
  response.set_billing_account(set.billing_account());
  response.set_position(entry.position());
  return response;
}

// Projects -----------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseCreateProject(const Call& call, const v1::CreateProjectRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return CreateProject{.user = *user, .name = request.name(), .bill_to = IdOf<BillingAccountId>(request.bill_to())};
}

v1::CreateProjectResponse RenderCreateProject(const Entry& entry) {
  v1::CreateProjectResponse response;
  const auto& created = EventOf(entry, Event::kProjectCreated).project_created();
  auto& project = *response.mutable_project();
  project.set_project_id(ProjectId(created.project()).text());
  project.set_name(created.name());
  project.set_user_id(created.user_id());
  project.set_billing_account(created.billing_account());
  response.set_position(entry.position());
  return response;
}

v1::Project ToProject(const Project& project) {
  v1::Project shown;
  shown.set_project_id(project.id.text());
  shown.set_name(project.name);
  shown.set_user_id(project.owner.text());
  shown.set_billing_account(project.payer.text());
  return shown;
}

}  // namespace

void AddAccountService(Methods& methods, Ledger& ledger) {
  methods.Write<v1::RegisterUserRequest, v1::RegisterUserResponse>(ParseRegisterUser, RenderRegisterUser);
  methods.Write<v1::CreateOrganizationRequest, v1::CreateOrganizationResponse>(ParseCreateOrganization,
                                                                               RenderCreateOrganization);
  methods.Write<v1::InviteMemberRequest, v1::InviteMemberResponse>(ParseInviteMember, RenderInviteMember);
  methods.Write<v1::AcceptInvitationRequest, v1::AcceptInvitationResponse>(ParseAcceptInvitation,
                                                                           RenderAcceptInvitation);
  methods.Write<v1::SetMemberAccessRequest, v1::SetMemberAccessResponse>(ParseSetMemberAccess, RenderSetMemberAccess);
  methods.Write<v1::SetDefaultPayerRequest, v1::SetDefaultPayerResponse>(ParseSetDefaultPayer, RenderSetDefaultPayer);
  methods.Write<v1::CreateProjectRequest, v1::CreateProjectResponse>(ParseCreateProject, RenderCreateProject);

  methods.Read<v1::GetUserRequest, v1::GetUserResponse>([&ledger](const Call& call, const v1::GetUserRequest& request) {
    return FromState<v1::GetUserResponse>(ledger,
                                          [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetUserResponse> {
                                            const auto id = UserOrCaller(call, "user_id", request.user_id());
                                            if (!id.ok()) return id.status();
                                            const User* user = state.Find(*id);
                                            if (user == nullptr) return UserNotFound(*id);
                                            v1::GetUserResponse response;
                                            *response.mutable_user() = ToUser(state, *user, call.principal);
                                            response.set_position(state.position);
                                            return response;
                                          });
  });

  methods.Read<v1::GetOrganizationRequest, v1::GetOrganizationResponse>(
      [&ledger](const Call& call, const v1::GetOrganizationRequest& request) {
        return FromState<v1::GetOrganizationResponse>(
            ledger, [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetOrganizationResponse> {
              const auto id = IdOf<OrganizationId>(request.organization_id());
              if (auto status = MayReadOrganization(state, call.principal, id); !status.ok()) return status;
              const Organization* organization = state.Find(id);
              if (organization == nullptr) return OrganizationNotFound(id);
              v1::GetOrganizationResponse response;
              *response.mutable_organization() = ToOrganization(*organization, call.principal);
              response.set_position(state.position);
              return response;
            });
      });

  methods.Read<v1::GetProjectRequest, v1::GetProjectResponse>(
      [&ledger](const Call& call, const v1::GetProjectRequest& request) {
        return FromState<v1::GetProjectResponse>(
            ledger, [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetProjectResponse> {
              const auto id = IdOf<ProjectId>(request.project_id());
              if (auto status = MayReadProject(state, call.principal, id); !status.ok()) return status;
              const Project* project = state.Find(id);
              if (project == nullptr) return ProjectNotFound(id);
              v1::GetProjectResponse response;
              *response.mutable_project() = ToProject(*project);
              response.set_position(state.position);
              return response;
            });
      });
}

}  // namespace bursar

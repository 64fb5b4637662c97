// Organizations and who belongs to them.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/oracle/ask.h"

namespace bursar::oracle {
namespace {

void Show(const std::string& organization, const std::string& user, const Access& access, v1::Membership& shown) {
  shown.set_organization_id(organization);
  shown.set_user_id(user);
  shown.mutable_access()->set_admin(access.admin);
  shown.mutable_access()->set_allow_billable_activities(access.bills);
}

Access AccessOf(const v1::MemberAccess& access) {
  return {.admin = access.admin(), .bills = access.allow_billable_activities()};
}

Answer CreateOrganization(World& world, const Asked& asked, const v1::CreateOrganizationRequest& request) {
  std::string admin;
  if (auto refused = FindSubject(world, asked, request.admin_user_id(), admin)) return *refused;
  const User* user = world.FindUser(admin);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (user->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  const std::string id = absl::StrCat("org-", absl::AsciiStrToLower(request.handle()));
  if (world.organizations.count(id) != 0) return Refuse(v1::ERROR_REASON_HANDLE_TAKEN);
  Organization organization{.id = id, .name = request.name(), .hides_admins = request.hides_admins()};
  organization.members[admin] = {.admin = true, .bills = true};
  world.organizations[id] = organization;
  world.accounts[id] = {.id = id, .currency = request.currency()};
  v1::CreateOrganizationResponse response;
  response.set_organization_id(id);
  response.set_name(request.name());
  response.set_admin_user_id(admin);
  response.set_currency(request.currency());
  response.set_position(asked.position);
  return Give(std::move(response));
}

// Why the caller may not administer the organization.
std::optional<Answer> AdministrationRefused(World& world, const Asked& asked, const std::string& organization) {
  if (!AnswersFor(world, asked.person, organization)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  return std::nullopt;
}

Answer InviteMember(World& world, const Asked& asked, const v1::InviteMemberRequest& request) {
  if (auto refused = AdministrationRefused(world, asked, request.organization_id())) return *refused;
  const std::string id = world.Present(request.user_id());
  const User* user = world.FindUser(id);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (user->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Organization& organization = world.organizations[request.organization_id()];
  if (organization.members.count(id) != 0) return Refuse(v1::ERROR_REASON_ALREADY_MEMBER);
  organization.invitations[id] = AccessOf(request.access());
  v1::InviteMemberResponse response;
  Show(organization.id, id, organization.invitations[id], *response.mutable_invitation());
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer AcceptInvitation(World& world, const Asked& asked, const v1::AcceptInvitationRequest& request) {
  std::string id;
  if (auto refused = FindSubject(world, asked, request.user_id(), id)) return *refused;
  Organization* organization = world.OrganizationOf(request.organization_id());
  if (organization == nullptr || organization->invitations.count(id) == 0) {
    return Refuse(v1::ERROR_REASON_NOT_INVITED);
  }
  organization->members[id] = organization->invitations[id];
  organization->invitations.erase(id);
  v1::AcceptInvitationResponse response;
  response.set_organization_id(organization->id);
  response.set_user_id(id);
  response.set_upgraded(BillsTo(world, id, organization->id) && UpgradeByOrganization(world, id));
  response.set_position(asked.position);
  return Give(std::move(response));
}

bool IsOnlyAdmin(const Organization& organization, const std::string& user) {
  const auto admins = std::count_if(organization.members.begin(), organization.members.end(),
                                    [](const auto& member) { return member.second.admin; });
  return admins == 1 && organization.members.at(user).admin;
}

Answer SetMemberAccess(World& world, const Asked& asked, const v1::SetMemberAccessRequest& request) {
  if (auto refused = AdministrationRefused(world, asked, request.organization_id())) return *refused;
  Organization& organization = world.organizations[request.organization_id()];
  const std::string id = world.Present(request.user_id());
  const auto member = organization.members.find(id);
  if (member == organization.members.end()) return Refuse(v1::ERROR_REASON_NOT_A_MEMBER);
  if (!request.access().admin() && IsOnlyAdmin(organization, id)) return Refuse(v1::ERROR_REASON_LAST_ADMIN);
  const bool billed = member->second.bills;
  member->second = AccessOf(request.access());
  v1::SetMemberAccessResponse response;
  Show(organization.id, id, member->second, *response.mutable_member());
  if (member->second.bills) response.set_upgraded(UpgradeByOrganization(world, id));
  if (billed && !member->second.bills) {
    const Left left = LeaveBilling(world, id, organization.id);
    response.set_downgraded(left.downgraded);
    response.set_default_payer(left.default_payer);
  }
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer RemoveMember(World& world, const Asked& asked, const v1::RemoveMemberRequest& request) {
  const std::string id = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  if (id != asked.person) {
    if (auto refused = AdministrationRefused(world, asked, request.organization_id())) return *refused;
  }
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Organization* organization = world.OrganizationOf(request.organization_id());
  if (organization == nullptr || organization->members.count(id) == 0) {
    return Refuse(v1::ERROR_REASON_NOT_A_MEMBER);
  }
  if (IsOnlyAdmin(*organization, id)) return Refuse(v1::ERROR_REASON_LAST_ADMIN);
  organization->members.erase(id);
  const Left left = LeaveBilling(world, id, organization->id);
  v1::RemoveMemberResponse response;
  response.set_organization_id(organization->id);
  response.set_user_id(id);
  response.set_downgraded(left.downgraded);
  response.set_default_payer(left.default_payer);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer SetOrganizationSettings(World& world, const Asked& asked, const v1::SetOrganizationSettingsRequest& request) {
  if (auto refused = AdministrationRefused(world, asked, request.organization_id())) return *refused;
  Organization& organization = world.organizations[request.organization_id()];
  organization.hides_admins = request.hides_admins();
  organization.restricts_transfers = request.restricts_transfers();
  v1::SetOrganizationSettingsResponse response;
  response.set_organization_id(organization.id);
  response.set_hides_admins(request.hides_admins());
  response.set_restricts_transfers(request.restricts_transfers());
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer SetOrganizationExpiry(World& world, const Asked& asked, const v1::SetOrganizationExpiryRequest& request) {
  Organization* organization = world.OrganizationOf(request.organization_id());
  if (organization == nullptr) return Refuse(v1::ERROR_REASON_ORGANIZATION_NOT_FOUND);
  organization->expire = request.has_expire_time() ? TimeOf(request.expire_time()) : absl::InfiniteFuture();
  v1::SetOrganizationExpiryResponse response;
  response.set_organization_id(organization->id);
  if (request.has_expire_time()) *response.mutable_expire_time() = ToTimestamp(organization->expire);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer GetOrganization(World& world, const Asked& asked, const v1::GetOrganizationRequest& request) {
  const Organization* organization = world.OrganizationOf(request.organization_id());
  const bool belongs = organization != nullptr && (organization->members.count(asked.person) != 0 ||
                                                   organization->invitations.count(asked.person) != 0);
  if (!IsStaff(asked) && !belongs) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (organization == nullptr) return Refuse(v1::ERROR_REASON_ORGANIZATION_NOT_FOUND);
  const bool sees_all = IsStaff(asked) || AnswersFor(world, asked.person, organization->id);
  v1::GetOrganizationResponse response;
  v1::Organization& shown = *response.mutable_organization();
  shown.set_organization_id(organization->id);
  shown.set_name(organization->name);
  shown.set_hides_admins(organization->hides_admins);
  for (const auto& [user, access] : organization->members) {
    v1::Membership& member = *shown.add_members();
    Show(organization->id, user, access, member);
    if (!sees_all && organization->hides_admins && user != asked.person) member.clear_access();
  }
  // The documents do not say who may see them.
  *shown.mutable_invitations() = asked.Seen<v1::GetOrganizationResponse>().organization().invitations();
  shown.set_restricts_transfers(organization->restricts_transfers);
  if (organization->expire != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(organization->expire);
  response.set_position(asked.position);
  return Tell(std::move(response));
}

}  // namespace

void AddMembers(Handlers& handlers) {
  On<v1::CreateOrganizationRequest>(handlers, CreateOrganization);
  On<v1::InviteMemberRequest>(handlers, InviteMember);
  On<v1::AcceptInvitationRequest>(handlers, AcceptInvitation);
  On<v1::SetMemberAccessRequest>(handlers, SetMemberAccess);
  On<v1::RemoveMemberRequest>(handlers, RemoveMember);
  On<v1::SetOrganizationSettingsRequest>(handlers, SetOrganizationSettings);
  On<v1::SetOrganizationExpiryRequest>(handlers, SetOrganizationExpiry);
  On<v1::GetOrganizationRequest>(handlers, GetOrganization);
}

}  // namespace bursar::oracle

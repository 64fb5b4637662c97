// Users, organizations and projects in the state.
#include "absl/strings/ascii.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/evolution.h"

namespace bursar {
namespace {

UpgradeRoute RouteOf(storage::v1::UserUpgraded::Route route) {
  switch (route) {
    case storage::v1::UserUpgraded::ROUTE_ORGANIZATION:
      return UpgradeRoute::kOrganization;
    case storage::v1::UserUpgraded::ROUTE_ASSISTED:
      return UpgradeRoute::kAssisted;
    case storage::v1::UserUpgraded::ROUTE_INTERNAL:
      return UpgradeRoute::kInternal;
    default:
      return UpgradeRoute::kForm;
  }
}

// What was one member's is another's now, who may do what either could.
void Rename(std::map<UserId, MemberAccess>& members, const UserId& from, const UserId& into) {
  const auto found = members.find(from);
  if (found == members.end()) return;
  MemberAccess& access = members[into];
  access.admin = access.admin || found->second.admin;
  access.allow_billable_activities = access.allow_billable_activities || found->second.allow_billable_activities;
  members.erase(from);
}

}  // namespace

void Evolution::On(const storage::v1::UserRegistered& event) {
  const UserId id = UserId::Trusted(event.user_id());
  state_.users[id] = {.id = id,
                      .person = FromStorage(event.personal()),
                      .partner_id = event.partner_id(),
                      .region = event.region(),
                      .default_payer = BillingAccountId(id)};
  state_.user_of_email[absl::AsciiStrToLower(event.personal().email())] = id;
}

void Evolution::On(const storage::v1::PromotionEntitled& event) {
  UserOf(event.user_id()).entitlement = {.promotion_id = event.promotion_id(),
                                         .amount = Money::Micros(event.amount_micros()),
                                         .currency = event.currency()};
}

void Evolution::On(const storage::v1::PromotionLapsed& event) {
  Entitlement& entitlement = *UserOf(event.user_id()).entitlement;
  entitlement.status = Entitlement::Status::kLapsed;
  entitlement.lapse_reason = event.reason();
}

void Evolution::On(const storage::v1::UserUpgraded& event) {
  UserOf(event.user_id()).upgraded = RouteOf(event.route());
  if (event.route() != storage::v1::UserUpgraded::ROUTE_INTERNAL) return;
  BillingSetup& setup = Account(event.user_id()).setup;
  setup.status = BillingSetup::Status::kConfirmed;
  setup.route = UpgradeRoute::kInternal;
}

void Evolution::On(const storage::v1::UserDowngraded& event) { UserOf(event.user_id()).upgraded.reset(); }

void Evolution::On(const storage::v1::IdentityLinked& event) {
  User& user = UserOf(event.user_id());
  user.identities.push_back(
      {.issuer = event.identity().identity_issuer(), .subject = event.identity().identity_subject()});
  state_.user_of_identity[{user.identities.back().issuer, user.identities.back().subject}] = user.id;
}

void Evolution::On(const storage::v1::UsersMerged& event) {
  User& from = UserOf(event.from_user_id());
  User& into = UserOf(event.into_user_id());
  from.status = User::Status::kMerged;
  from.merged_into = into.id;
  const BillingAccountId from_account(from.id);
  const BillingAccountId into_account(into.id);
  Account(from.id.text()).merged_into = into_account;
  state_.user_of_email[absl::AsciiStrToLower(from.person.email)] = into.id;
  for (Identity& identity : from.identities) {
    state_.user_of_identity[{identity.issuer, identity.subject}] = into.id;
    into.identities.push_back(std::move(identity));
  }
  from.identities.clear();
  if (!event.promotion_id().empty()) into.entitlement = std::exchange(from.entitlement, std::nullopt);
  for (auto& [id, organization] : state_.organizations) {
    Rename(organization.members, from.id, into.id);
    organization.invitations.erase(from.id);
  }
  for (auto& [id, account] : state_.accounts) {
    for (Budget& budget : account.budgets) {
      if (budget.scope.member == from.id) budget.scope.member = into.id;
    }
  }
  for (auto& [id, project] : state_.projects) {
    if (project.owner == from.id) project.owner = into.id;
    if (project.payer == from_account) project.payer = into_account;
    if (project.offered_to == from_account) project.offered_to = into_account;
    if (project.offered_by == from.id) project.offered_by = into.id;
  }
}

void Evolution::On(const storage::v1::UserClosed& event) {
  User& user = UserOf(event.user_id());
  user.status = User::Status::kClosed;
  for (auto& [id, organization] : state_.organizations) organization.invitations.erase(user.id);
}

void Evolution::On(const storage::v1::DefaultPayerSet& event) {
  UserOf(event.user_id()).default_payer = BillingAccountId::Trusted(event.billing_account());
}

void Evolution::On(const storage::v1::OrganizationCreated& event) {
  const OrganizationId id = OrganizationId::Trusted(event.organization_id());
  Organization& organization = state_.organizations[id];
  organization.id = id;
  organization.name = event.name();
  organization.hides_admins = event.hides_admins();
  organization.members[UserId::Trusted(event.admin_user_id())] = {.admin = true, .allow_billable_activities = true};
}

void Evolution::On(const storage::v1::OrganizationSettingsSet& event) {
  Organization& organization = OrganizationOf(event.organization_id());
  organization.hides_admins = event.hides_admins();
  organization.restricts_transfers = event.restricts_transfers();
}

void Evolution::On(const storage::v1::OrganizationExpirySet& event) {
  OrganizationOf(event.organization_id()).expire_time = TimeOrNever(event.expire_time());
}

void Evolution::On(const storage::v1::MemberInvited& event) {
  OrganizationOf(event.organization_id()).invitations[UserId::Trusted(event.user_id())] = FromStorage(event.access());
}

void Evolution::On(const storage::v1::InvitationAccepted& event) {
  Organization& organization = OrganizationOf(event.organization_id());
  const auto invitation = organization.invitations.find(UserId::Trusted(event.user_id()));
  BURSAR_CHECK(invitation != organization.invitations.end());
  organization.members[invitation->first] = invitation->second;
  organization.invitations.erase(invitation);
}

void Evolution::On(const storage::v1::MemberAccessSet& event) {
  OrganizationOf(event.organization_id()).members[UserId::Trusted(event.user_id())] = FromStorage(event.access());
}

void Evolution::On(const storage::v1::MemberRemoved& event) {
  OrganizationOf(event.organization_id()).members.erase(UserId::Trusted(event.user_id()));
}

void Evolution::On(const storage::v1::ProjectCreated& event) {
  const ProjectId id(event.project());
  state_.projects[id] = {.id = id,
                         .name = event.name(),
                         .owner = UserId::Trusted(event.user_id()),
                         .payer = BillingAccountId::Trusted(event.billing_account()),
                         .region = event.region()};
}

void Evolution::On(const storage::v1::ProjectTransferOffered& event) {
  Project& project = ProjectOf(event.project());
  project.offered_to = BillingAccountId::Trusted(event.billing_account());
  project.offered_by = UserId::Trusted(event.user_id());
}

void Evolution::On(const storage::v1::ProjectTransferDeclined& event) {
  Project& project = ProjectOf(event.project());
  project.offered_to = BillingAccountId();
  project.offered_by = UserId();
}

void Evolution::On(const storage::v1::ProjectPayerSet& event) {
  Project& project = ProjectOf(event.project());
  project.payer = BillingAccountId::Trusted(event.billing_account());
  project.offered_to = BillingAccountId();
  project.offered_by = UserId();
}

}  // namespace bursar

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
  const Identity identity{.issuer = event.identity().identity_issuer(), .subject = event.identity().identity_subject()};
  const bool is_new =
      state_.user_of_identity.emplace(std::make_pair(identity.issuer, identity.subject), user.id).second;
  if (is_new) user.identities.push_back(identity);
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

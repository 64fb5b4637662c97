// Users, organizations and their members, projects.
#include "absl/strings/ascii.h"
#include "ledger/domain/context.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

Event AccountOpened(const BillingAccountId& account, const std::string& currency) {
  Event event;
  event.mutable_billing_account_opened()->set_billing_account(account.text());
  event.mutable_billing_account_opened()->set_currency(currency);
  return event;
}

// A spending member of an organization whose billing is set up needs no form of its own.
bool UpgradesBy(const MemberAccess& access, const OrganizationId& organization, const UserId& user,
                const State& state) {
  return access.allow_billable_activities && !state.Find(user)->upgraded.has_value() &&
         state.Find(BillingAccountId(organization))->setup.status == BillingSetup::Status::kConfirmed;
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const RegisterUser& command, const Context& context) {
  const State& state = context.state;
  const auto partner = state.policy.partners.find(command.partner_id);
  if (!command.partner_id.empty() && partner == state.policy.partners.end()) return PartnerNotFound(command.partner_id);
  const UserId user = UserId::OfHandle(absl::AsciiStrToLower(command.handle));
  if (state.Find(user) != nullptr) return HandleTaken(user.handle());
  if (state.user_of_email.contains(absl::AsciiStrToLower(command.person.email))) return EmailRegistered();

  Event registered;
  registered.mutable_user_registered()->set_user_id(user.text());
  *registered.mutable_user_registered()->mutable_personal() = ToStorage(command.person);
  registered.mutable_user_registered()->set_partner_id(command.partner_id);
  const bool own_region = !command.region.empty() || command.partner_id.empty();
  registered.mutable_user_registered()->set_region(own_region ? command.region : partner->second.default_region);
  Decision decision = Happened(registered, AccountOpened(BillingAccountId(user), command.currency));

  const Promotion* promotion = command.partner_id.empty()
                                   ? nullptr
                                   : state.policy.OpenPromotion(command.partner_id, command.currency, context.now);
  if (promotion != nullptr) {
    Event entitled;
    entitled.mutable_promotion_entitled()->set_user_id(user.text());
    entitled.mutable_promotion_entitled()->set_promotion_id(promotion->id);
    entitled.mutable_promotion_entitled()->set_amount_micros(promotion->amount.micros());
    entitled.mutable_promotion_entitled()->set_currency(promotion->currency);
    decision.events.push_back(entitled);
  }
  return decision;
}

absl::StatusOr<Decision> DecidePeople(const CreateOrganization& command, const Context& context) {
  if (context.state.Find(command.admin) == nullptr) return UserNotFound(command.admin);
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
  if (context.state.Find(command.user) == nullptr) return UserNotFound(command.user);
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
  if (access->admin && !command.access.admin && organization->Admins().size() == 1)
    return LastAdmin(command.organization);
  Event event;
  auto& set = *event.mutable_member_access_set();
  set.set_organization_id(command.organization.text());
  set.set_user_id(command.user.text());
  *set.mutable_access() = ToStorage(command.access);
  Decision decision = Happened(event);
  if (UpgradesBy(command.access, command.organization, command.user, context.state)) {
    decision.events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_ORGANIZATION, command.user));
  }
  return decision;
}

namespace {

absl::Status MayBill(const State& state, const UserId& user, const BillingAccountId& account) {
  const auto barred = BarredFrom(state, user, account);
  if (!barred.has_value()) return absl::OkStatus();
  const auto organization = account.organization();
  return organization.has_value() ? BillableActivitiesNotAllowed(*organization, user) : NotYourBillingAccount(account);
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const SetDefaultPayer& command, const Context& context) {
  if (context.state.Find(command.user) == nullptr) return UserNotFound(command.user);
  if (auto status = MayBill(context.state, command.user, command.billing_account); !status.ok()) return status;
  Event event;
  event.mutable_default_payer_set()->set_user_id(command.user.text());
  event.mutable_default_payer_set()->set_billing_account(command.billing_account.text());
  return Happened(event);
}

absl::StatusOr<Decision> DecidePeople(const CreateProject& command, const Context& context) {
  const User* user = context.state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  const BillingAccountId& payer = command.bill_to.empty() ? user->default_payer : command.bill_to;
  if (auto status = MayBill(context.state, command.user, payer); !status.ok()) return status;
  const GatedAction action{.action = "project.create", .user = command.user, .bill_to = payer};
  const auto verdict = Judge(context.state, action, Purpose::kCheck, context.now);
  if (!verdict.ok()) return verdict.status();
  if (!verdict->allowed()) return DeniedByGate(*verdict->denial);
  Event event;
  auto& created = *event.mutable_project_created();
  created.set_project(context.position());
  created.set_name(command.name);
  created.set_user_id(command.user.text());
  created.set_billing_account(payer.text());
  return Happened(event);
}

}  // namespace bursar

// What is told while it is set up who pays, and when that changes.
#include "ledger/projections/mailing.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/projections/billing_messages.h"

namespace bursar {

void Mailing::On(const storage::v1::AccountUpgradeSubmitted& event) {
  auto setup = SetupOf(event.billing_account());
  SetAsked(setup, event.contact(), event.user_id());
  ForgetAssisted(setup);
  Put(Table::kSetups, event.billing_account(), setup);
}

void Mailing::On(const storage::v1::VerificationSent& event) {
  auto setup = SetupOf(event.billing_account());
  if (!setup.selector().empty()) {
    auto old = Get<storage::v1::LinkRow>(Table::kLinks, setup.selector());
    old.set_superseded_at(entry_.position());
    Put(Table::kLinks, setup.selector(), old);
  }
  setup.set_selector(event.selector());
  if (setup.assisted_selector() == event.selector()) {
    SetAsked(setup, setup.assisted_contact(), setup.assisted_user_id());
    setup.clear_assisted_selector();
  }
  Put(Table::kSetups, event.billing_account(), setup);
  storage::v1::LinkRow link;
  link.set_expire_time(event.expire_time());
  Put(Table::kLinks, event.selector(), link);
  Send(VerificationMail(event, setup), event.billing_account(), {setup.contact()});
}

void Mailing::On(const storage::v1::VerificationReminded& event) {
  const auto setup = SetupOf(event.billing_account());
  const auto link = Get<storage::v1::LinkRow>(Table::kLinks, event.selector());
  Send(ReminderMail(event, setup, link), event.billing_account(), {setup.contact()});
}

void Mailing::On(const storage::v1::BillingDeclined& event) {
  CloseLink(event.selector());
  const auto setup = SetupOf(event.billing_account());
  const bool change = Beside([](const Event& beside) { return beside.has_billing_change_closed(); }) != nullptr;
  Send(DeclinedMessage(event, setup, change), event.billing_account(), {Person(setup.user_id())});
}

void Mailing::On(const storage::v1::BillingConfirmed& event) {
  auto link = Get<storage::v1::LinkRow>(Table::kLinks, event.selector());
  link.set_used_at(entry_.position());
  Put(Table::kLinks, event.selector(), link);
  auto setup = SetupOf(event.billing_account());
  const storage::v1::PersonalData contact_before = setup.confirmed_contact();
  *setup.mutable_confirmed_contact() = Addressee(event.contact());
  ForgetAssisted(setup);
  Put(Table::kSetups, event.billing_account(), setup);
  if (event.change() == 0) return TellOfSetUp(event);
  Addresses told = PeopleBehind(event.billing_account());
  told.push_back(contact_before);
  Send(ContactChangedMessage(event), event.billing_account(), told);
}

void Mailing::TellOfSetUp(const storage::v1::BillingConfirmed& event) {
  MessageRow message;
  message.set_kind(MessageRow::KIND_UPGRADE_COMPLETE);
  message.set_subject(absl::StrCat("Billing is set up for ", event.billing_account()));
  std::string body = absl::StrCat(event.contact().name(), " accepted to receive the bills of ", event.billing_account(),
                                  ", which can be spent from now on.\n");
  for (const Event& beside : entry_.events()) {
    if (beside.has_credit_granted()) {
      const storage::v1::CreditGranted& credit = beside.credit_granted();
      absl::StrAppend(&body, "\nA credit of ", AmountText(credit.amount_micros(), credit.currency()),
                      " was granted to ", credit.billing_account(), ": ", credit.reason(), ".\n");
    }
    if (beside.has_promotion_lapsed()) {
      absl::StrAppend(&body, "\nThe promised credit was not granted: ", beside.promotion_lapsed().reason(), ".\n");
    }
  }
  message.set_body(body);
  Send(std::move(message), event.billing_account(), PeopleBehind(event.billing_account()));
}

void Mailing::On(const storage::v1::BillingChangeApplied& event) {
  if (event.purchase_order().empty()) return;
  Send(OrderChangedMessage(event), event.billing_account(), PeopleBehind(event.billing_account()));
}

void Mailing::On(const storage::v1::BillingChangeRequested& event) {
  if (!event.has_contact()) return Send(ChangeRequestedMessage(event), event.billing_account(), Operators());
  auto setup = SetupOf(event.billing_account());
  SetAsked(setup, event.contact(), event.user_id());
  Put(Table::kSetups, event.billing_account(), setup);
}

void Mailing::On(const storage::v1::BillingChangeClosed& event) {
  // Where it is not the change's, it has been used.
  CloseLink(SetupOf(event.billing_account()).selector());
}

void Mailing::On(const storage::v1::AssistedSetupRequested& event) {
  auto setup = SetupOf(event.billing_account());
  ForgetAssisted(setup);
  setup.set_assisted_setup(event.setup());
  *setup.mutable_assisted_contact() = Addressee(event.contact());
  setup.set_assisted_user_id(event.user_id());
  Put(Table::kSetups, event.billing_account(), setup);
  Send(AssistedRequestedMessage(event), event.billing_account(), Operators());
}

void Mailing::On(const storage::v1::AssistedSetupScheduled& event) {
  auto setup = SetupOf(event.billing_account());
  setup.set_assisted_selector(event.selector());
  Put(Table::kSetups, event.billing_account(), setup);
  Send(AssistedScheduledMessage(event, setup), event.billing_account(), {Person(setup.assisted_user_id())});
}

void Mailing::On(const storage::v1::AssistedSetupMissed& event) {
  const auto setup = SetupOf(event.billing_account());
  const bool sent = setup.assisted_selector().empty();
  if (sent) CloseLink(setup.selector());
  // Whoever offers new slots knows.
  if (Beside([](const Event& beside) { return beside.has_assisted_setup_requested(); }) != nullptr) return;
  Send(AssistedMissedMessage(event), event.billing_account(), {Person(setup.assisted_user_id())});
}

storage::v1::SetupRow Mailing::SetupOf(const std::string& account) {
  return Get<storage::v1::SetupRow>(Table::kSetups, account);
}

storage::v1::PersonalData Mailing::Addressee(const storage::v1::PersonalData& person) {
  storage::v1::PersonalData addressee;
  addressee.set_name(person.name());
  addressee.set_email(person.email());
  return addressee;
}

void Mailing::SetAsked(storage::v1::SetupRow& setup, const storage::v1::PersonalData& contact,
                       const std::string& user) {
  *setup.mutable_contact() = Addressee(contact);
  setup.set_user_id(user);
}

void Mailing::ForgetAssisted(storage::v1::SetupRow& setup) {
  setup.clear_assisted_setup();
  setup.clear_assisted_contact();
  setup.clear_assisted_user_id();
  setup.clear_assisted_selector();
}

void Mailing::CloseLink(const std::string& selector) {
  auto link = Get<storage::v1::LinkRow>(Table::kLinks, selector);
  link.set_closed_at(entry_.position());
  Put(Table::kLinks, selector, link);
}

void Mailing::On(const storage::v1::UserUpgraded& event) {
  if (event.route() != storage::v1::UserUpgraded::ROUTE_ORGANIZATION) return;
  const std::string payer = OrganizationBehindUpgrade();
  if (payer.empty() || IsToldByConfirmation(event.user_id(), payer)) return;
  MessageRow message;
  message.set_kind(MessageRow::KIND_UPGRADE_COMPLETE);
  message.set_subject(absl::StrCat("Billing is set up for ", event.user_id()));
  message.set_body(absl::StrCat("You may bill projects and other actions to ", payer, " from now on.\n"));
  Send(std::move(message), payer, {Person(event.user_id())});
}

std::string Mailing::OrganizationBehindUpgrade() const {
  for (const Event& event : entry_.events()) {
    if (event.has_invitation_accepted()) return event.invitation_accepted().organization_id();
    if (event.has_member_access_set()) return event.member_access_set().organization_id();
    if (event.has_billing_confirmed()) return event.billing_confirmed().billing_account();
  }
  return "";
}

bool Mailing::IsToldByConfirmation(const std::string& user, const std::string& organization_id) {
  const bool confirmed = std::any_of(entry_.events().begin(), entry_.events().end(),
                                     [](const Event& event) { return event.has_billing_confirmed(); });
  const auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, organization_id);
  return confirmed && std::count(organization.admins().begin(), organization.admins().end(), user) > 0;
}

}  // namespace bursar

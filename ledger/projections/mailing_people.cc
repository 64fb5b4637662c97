// What people, organizations and owners of projects are told.
#include "ledger/projections/mailing.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"

namespace bursar {

void Mailing::On(const storage::v1::UserRegistered& event) {
  storage::v1::PersonalData person;
  person.set_name(event.personal().name());
  person.set_email(event.personal().email());
  Put(Table::kPeople, event.user_id(), person);
}

void Mailing::On(const storage::v1::OrganizationCreated& event) {
  storage::v1::OrganizationRow organization;
  organization.set_name(event.name());
  organization.add_admins(event.admin_user_id());
  Put(Table::kOrganizations, event.organization_id(), organization);
}

void Mailing::On(const storage::v1::MemberInvited& event) {
  Put(Table::kInvitations, absl::StrCat(KeysOf(event.organization_id()), event.user_id()), event.access());
}

void Mailing::On(const storage::v1::InvitationAccepted& event) {
  const auto access = Get<storage::v1::MemberAccess>(Table::kInvitations,
                                                     absl::StrCat(KeysOf(event.organization_id()), event.user_id()));
  SetAdmin(event.organization_id(), event.user_id(), access.admin());
}

void Mailing::On(const storage::v1::MemberAccessSet& event) {
  SetAdmin(event.organization_id(), event.user_id(), event.access().admin());
}

void Mailing::SetAdmin(const std::string& organization_id, const std::string& user, bool admin) {
  auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, organization_id);
  std::vector<std::string> admins(organization.admins().begin(), organization.admins().end());
  admins.erase(std::remove(admins.begin(), admins.end(), user), admins.end());
  if (admin) admins.insert(std::upper_bound(admins.begin(), admins.end(), user), user);
  organization.mutable_admins()->Assign(admins.begin(), admins.end());
  Put(Table::kOrganizations, organization_id, organization);
}

void Mailing::On(const storage::v1::UsersMerged& event) {
  MessageRow message;
  message.set_kind(MessageRow::KIND_USER_ENDED);
  message.set_subject(absl::StrCat(event.from_user_id(), " is ", event.into_user_id(), " now"));
  std::string body = absl::StrCat("The two accounts were merged: ", event.reason(), ".\n\nAll ways to log in lead to ",
                                  event.into_user_id(), ".\n");
  for (const Event& beside : entry_.events()) {
    if (beside.has_funds_moved_in()) {
      const auto& moved = beside.funds_moved_in();
      absl::StrAppend(&body, "\nCredits and debts moved with it; funds are ",
                      AmountText(moved.funds_after_micros(), moved.currency()), " now.\n");
    }
    if (beside.has_credit_revoked() && beside.credit_revoked().amount_micros() > 0) {
      const auto& revoked = beside.credit_revoked();
      absl::StrAppend(&body, "\nWhat was left of a credit was taken back, ",
                      AmountText(revoked.amount_micros(), revoked.currency()), ": ", revoked.reason(), ".\n");
    }
  }
  message.set_body(body);
  const auto into = Person(event.into_user_id());
  Send(std::move(message), event.into_user_id(), {Person(event.from_user_id()), into});
  Put(Table::kPeople, event.from_user_id(), into);
}

void Mailing::On(const storage::v1::UserClosed& event) {
  MessageRow message;
  message.set_kind(MessageRow::KIND_USER_ENDED);
  message.set_subject(absl::StrCat("The account of ", event.user_id(), " is closed"));
  message.set_body(
      "Nothing can be billed to it any more. Its history is kept, and what was used before is charged still.\n");
  Send(std::move(message), event.user_id(), {Person(event.user_id())});
}

void Mailing::On(const storage::v1::MemberRemoved& event) {
  SetAdmin(event.organization_id(), event.user_id(), false);
  const bool left = entry_.principal() == event.user_id();
  MessageRow message;
  message.set_kind(MessageRow::KIND_MEMBER_REMOVED);
  message.set_subject(absl::StrCat(event.user_id(), " is no longer a member of ", event.organization_id()));
  message.set_body("Projects that were billed to it stay billed to it; new ones no longer can be.\n");
  Send(std::move(message), event.organization_id(),
       left ? PeopleBehind(event.organization_id()) : Addresses{Person(event.user_id())});
}

void Mailing::On(const storage::v1::ProjectTransferOffered& event) {
  const std::string project = ProjectId(event.project()).text();
  Put(Table::kTransfers, BigEndian(event.project()), event);
  TellOfTransfer(event.billing_account(), absl::StrCat("Will ", event.billing_account(), " pay for ", project, "?"),
                 absl::StrCat(event.user_id(), " asks that ", event.billing_account(), " pay for work in ", project,
                              " from now on. Accept or decline it; nothing changes until then.\n"),
                 PeopleBehind(event.billing_account()));
}

void Mailing::On(const storage::v1::ProjectPayerSet& event) {
  const std::string project = ProjectId(event.project()).text();
  Addresses to = PeopleBehind(event.previous_billing_account());
  if (const std::string offerer = TakeOfferer(event.project()); !offerer.empty()) to.push_back(Person(offerer));
  TellOfTransfer(event.billing_account(), absl::StrCat(event.billing_account(), " pays for ", project, " now"),
                 absl::StrCat("Work in ", project, " was billed to ", event.previous_billing_account(),
                              " before. Credits stay where they are.\n"),
                 to);
}

void Mailing::On(const storage::v1::ProjectTransferDeclined& event) {
  const std::string project = ProjectId(event.project()).text();
  const std::string offerer = TakeOfferer(event.project());
  const bool taken_back = entry_.principal() == offerer;
  TellOfTransfer(event.billing_account(), absl::StrCat(event.billing_account(), " is not to pay for ", project),
                 taken_back ? absl::StrCat(offerer, " took the offer back; nothing changes.\n")
                            : absl::StrCat(event.billing_account(), " declined; nothing changes.\n"),
                 taken_back ? PeopleBehind(event.billing_account()) : Addresses{Person(offerer)});
}

std::string Mailing::TakeOfferer(uint64_t project) {
  const auto offered = Get<storage::v1::ProjectTransferOffered>(Table::kTransfers, BigEndian(project));
  Put(Table::kTransfers, BigEndian(project), storage::v1::ProjectTransferOffered());
  return offered.user_id();
}

void Mailing::TellOfTransfer(const std::string& account, std::string subject, std::string body, const Addresses& to) {
  MessageRow message;
  message.set_kind(MessageRow::KIND_PROJECT_TRANSFER);
  message.set_subject(std::move(subject));
  message.set_body(std::move(body));
  Send(std::move(message), account, to);
}

}  // namespace bursar

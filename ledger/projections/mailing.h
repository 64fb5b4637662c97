// The messages that follow from one entry. Internal to the outbox.
//
// A new kind of event that tells somebody something is one more On, in the file of its topic: mailing_people.cc,
// mailing_billing.cc or mailing_funds.cc.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/projections/outbox.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/rows.h"

namespace bursar {

using storage::v1::Event;
using storage::v1::MessageRow;

// Of the rows of messages, by their kind and by themselves.
std::string KindPrefix(MessageKind kind);
std::string KeyOf(MessageId id);

// As in "12.50 USD".
std::string AmountText(int64_t micros, const std::string& currency);

// Takes in one entry: keeps what later messages need to know, and writes the messages that follow from it.
class Mailing {
 public:
  Mailing(const storage::v1::Entry& entry, Batch& batch) : entry_(entry), batch_(batch) {}

  void All();

 private:
  using Addresses = std::vector<storage::v1::PersonalData>;

  // People and organizations.

  void On(const storage::v1::UserRegistered& event);
  void On(const storage::v1::OrganizationCreated& event);
  void On(const storage::v1::MemberInvited& event);
  void On(const storage::v1::InvitationAccepted& event);
  void On(const storage::v1::MemberAccessSet& event);
  void SetAdmin(const std::string& organization_id, const std::string& user, bool admin);
  // Both addresses are told; from then on the merged user's name leads to whoever it is now.
  void On(const storage::v1::UsersMerged& event);
  void On(const storage::v1::UserClosed& event);
  // Who leaves knows; the admins are told then.
  void On(const storage::v1::MemberRemoved& event);

  // Transfers of projects.

  void On(const storage::v1::ProjectTransferOffered& event);
  void On(const storage::v1::ProjectPayerSet& event);
  void On(const storage::v1::ProjectTransferDeclined& event);
  // Empty where the project is not offered.
  std::string TakeOfferer(uint64_t project);
  void TellOfTransfer(const std::string& account, std::string subject, std::string body, const Addresses& to);

  // Setting up who pays.

  void On(const storage::v1::AccountUpgradeSubmitted& event);
  void On(const storage::v1::VerificationSent& event);
  void On(const storage::v1::VerificationReminded& event);
  void On(const storage::v1::BillingDeclined& event);
  void On(const storage::v1::BillingConfirmed& event);
  void TellOfSetUp(const storage::v1::BillingConfirmed& event);
  // Of a purchase order. Of a contact: said by BillingConfirmed beside it.
  void On(const storage::v1::BillingChangeApplied& event);
  void On(const storage::v1::BillingChangeRequested& event);
  void On(const storage::v1::BillingChangeClosed& event);
  void On(const storage::v1::AssistedSetupRequested& event);
  void On(const storage::v1::AssistedSetupScheduled& event);
  void On(const storage::v1::AssistedSetupMissed& event);
  storage::v1::SetupRow SetupOf(const std::string& account);
  static storage::v1::PersonalData Addressee(const storage::v1::PersonalData& person);
  static void SetAsked(storage::v1::SetupRow& setup, const storage::v1::PersonalData& contact, const std::string& user);
  static void ForgetAssisted(storage::v1::SetupRow& setup);
  void CloseLink(const std::string& selector);
  // By the form: said by BillingConfirmed beside it; by a merger: by that. As a member of an organization: said here,
  // once.
  void On(const storage::v1::UserUpgraded& event);
  // Empty where the entry names none.
  std::string OrganizationBehindUpgrade() const;
  bool IsToldByConfirmation(const std::string& user, const std::string& organization_id);

  // Limits, funds and usage.

  void On(const storage::v1::LimitIncreaseRequested& event);
  void On(const storage::v1::LimitIncreaseApproved& event);
  static std::string EndText(const storage::v1::LimitIncreaseApproved& event,
                             const storage::v1::LimitIncreaseRequested& asked);
  void On(const storage::v1::LimitIncreaseWithdrawn& event);
  void On(const storage::v1::LimitIncreaseExpired& event);
  void On(const storage::v1::LimitIncreaseEnded& event);
  void On(const storage::v1::LimitIncreaseDenied& event);
  void Decided(const storage::v1::LimitIncreaseRequested& asked, absl::string_view decision, std::string body);
  // Not of an account that ends in this very entry: its people are told that instead.
  void On(const storage::v1::FundsThresholdCrossed& event);
  bool EndsHere(const std::string& account) const;
  void On(const storage::v1::UsageQuarantined& event);

  // Whom to tell, and rows.

  void One(const Event& event);
  storage::v1::PersonalData Person(const std::string& user);
  static Addresses Operators();
  // The first event of the entry that `is` says yes to; nullptr where there is none.
  template <class Is>
  const Event* Beside(Is is) const {
    const auto found = std::find_if(entry_.events().begin(), entry_.events().end(), is);
    return found == entry_.events().end() ? nullptr : &*found;
  }

  // The owner of a personal billing account, the admins of an organization's.
  Addresses PeopleBehind(const std::string& account);
  void Send(MessageRow message, const std::string& account, const Addresses& to);
  template <class Message>
  void Put(Table table, const std::string& key, const Message& message) {
    batch_.Put(table, key, message.SerializeAsString());
  }

  // Empty where there is no row.
  template <class Message>
  Message Get(Table table, const std::string& key) {
    Message message;
    const std::optional<std::string> row = batch_.Get(table, key);
    if (row.has_value() && !message.ParseFromString(*row)) batch_.Fail(Unreadable(message.GetTypeName()));
    return message;
  }

  const storage::v1::Entry& entry_;
  Batch& batch_;
  uint64_t sent_ = 0;
};

}  // namespace bursar

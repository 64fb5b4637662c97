// Which events somebody is told of, and how a message is kept.
#include "ledger/projections/mailing.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/domain/money.h"

namespace bursar {

std::string KindPrefix(MessageKind kind) { return std::string(1, static_cast<char>(kind)); }

std::string KeyOf(MessageId id) { return absl::StrCat(BigEndian(id.position), BigEndian(id.index)); }

std::string AmountText(int64_t micros, const std::string& currency) {
  return ToString(Money::Micros(micros), currency);
}

void Mailing::All() {
  for (const Event& event : entry_.events()) One(event);
}

void Mailing::One(const Event& event) {
  switch (event.kind_case()) {
    case Event::kUserRegistered:
      return On(event.user_registered());
    case Event::kOrganizationCreated:
      return On(event.organization_created());
    case Event::kMemberInvited:
      return On(event.member_invited());
    case Event::kInvitationAccepted:
      return On(event.invitation_accepted());
    case Event::kMemberAccessSet:
      return On(event.member_access_set());
    case Event::kUsersMerged:
      return On(event.users_merged());
    case Event::kUserClosed:
      return On(event.user_closed());
    case Event::kMemberRemoved:
      return On(event.member_removed());
    case Event::kProjectTransferOffered:
      return On(event.project_transfer_offered());
    case Event::kProjectPayerSet:
      return On(event.project_payer_set());
    case Event::kProjectTransferDeclined:
      return On(event.project_transfer_declined());
    case Event::kAccountUpgradeSubmitted:
      return On(event.account_upgrade_submitted());
    case Event::kVerificationSent:
      return On(event.verification_sent());
    case Event::kBillingConfirmed:
      return On(event.billing_confirmed());
    case Event::kVerificationReminded:
      return On(event.verification_reminded());
    case Event::kUserUpgraded:
      return On(event.user_upgraded());
    case Event::kBillingDeclined:
      return On(event.billing_declined());
    case Event::kBillingChangeRequested:
      return On(event.billing_change_requested());
    case Event::kBillingChangeApplied:
      return On(event.billing_change_applied());
    case Event::kBillingChangeClosed:
      return On(event.billing_change_closed());
    case Event::kAssistedSetupRequested:
      return On(event.assisted_setup_requested());
    case Event::kAssistedSetupScheduled:
      return On(event.assisted_setup_scheduled());
    case Event::kAssistedSetupMissed:
      return On(event.assisted_setup_missed());
    case Event::kLimitIncreaseRequested:
      return On(event.limit_increase_requested());
    case Event::kLimitIncreaseApproved:
      return On(event.limit_increase_approved());
    case Event::kLimitIncreaseDenied:
      return On(event.limit_increase_denied());
    case Event::kLimitIncreaseWithdrawn:
      return On(event.limit_increase_withdrawn());
    case Event::kLimitIncreaseExpired:
      return On(event.limit_increase_expired());
    case Event::kLimitIncreaseEnded:
      return On(event.limit_increase_ended());
    case Event::kFundsThresholdCrossed:
      return On(event.funds_threshold_crossed());
    case Event::kUsageQuarantined:
      return On(event.usage_quarantined());
    case Event::kPartnerPublished:
    case Event::kPromotionPublished:
    case Event::kTermsPublished:
    case Event::kActionCataloguePublished:
    case Event::kPriceListPublished:
    case Event::kBillingAccountOpened:
    case Event::kPromotionEntitled:
    case Event::kPromotionLapsed:
    case Event::kDefaultPayerSet:
    case Event::kSponsorshipPublished:
    case Event::kIdentityLinked:
    case Event::kUserDowngraded:
    case Event::kOrganizationSettingsSet:
    case Event::kOrganizationExpirySet:
    case Event::kPurchaseOrderRecorded:
    case Event::kPurchaseOrderAttached:
    case Event::kCreditRevoked:
    case Event::kCreditTookEffect:
    case Event::kBudgetSet:
    case Event::kBudgetRemoved:
    case Event::kFundsMovedOut:
    case Event::kFundsMovedIn:
    case Event::kTerminationOrdered:
    case Event::kSponsorshipHeld:
    case Event::kSponsorshipReturned:
    case Event::kSponsorshipCharged:
    case Event::kSponsorshipReversed:
    case Event::kChargeReversed:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
    case Event::kProjectCreated:
    case Event::kCreditGranted:
    case Event::kCreditExpired:
    case Event::kPaymentRecorded:
    case Event::kSpendingLimitSet:
    case Event::kLimitIncreaseSuperseded:
    case Event::kHoldPlaced:
    case Event::kHoldExtended:
    case Event::kHoldCaptured:
    case Event::kHoldReleased:
    case Event::kHoldExpired:
    case Event::kActionDenied:
    case Event::kUsageCharged:
    case Event::kFundsRestored:
    case Event::kClockAdvanced:
    case Event::kLedgerRestored:
      return;
    case Event::KIND_NOT_SET:
      break;
  }
  BURSAR_CHECK(!"an event from a newer Bursar");
}

storage::v1::PersonalData Mailing::Person(const std::string& user) {
  auto person = Get<storage::v1::PersonalData>(Table::kPeople, user);
  if (person.name().empty()) person.set_name(user);
  return person;
}

Mailing::Addresses Mailing::Operators() {
  storage::v1::PersonalData operators;
  operators.set_name("operators");
  return {operators};
}

Mailing::Addresses Mailing::PeopleBehind(const std::string& account) {
  if (BillingAccountId::Trusted(account).user().has_value()) return {Person(account)};
  Addresses admins;
  const auto organization = Get<storage::v1::OrganizationRow>(Table::kOrganizations, account);
  for (const std::string& admin : organization.admins()) admins.push_back(Person(admin));
  return admins;
}

void Mailing::Send(MessageRow message, const std::string& account, const Addresses& to) {
  message.set_commit_time(entry_.commit_time());
  message.set_billing_account(account);
  std::set<std::string> told;
  for (const auto& person : to) {
    const std::string& who = person.email().empty() ? person.name() : person.email();
    if (told.insert(who).second) *message.add_to() = person;
  }
  const std::string key = KeyOf({.position = entry_.position(), .index = sent_++});
  Put(Table::kMessages, key, message);
  batch_.Put(Table::kMessagesByAccount, absl::StrCat(KeysOf(account), key), "");
  batch_.Put(Table::kMessagesByKind, absl::StrCat(KindPrefix(message.kind()), key), "");
}

}  // namespace bursar

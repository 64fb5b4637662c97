// One entry's way into the state: one overload per event, found by the switch in evolve.cc. Internal to the domain.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/state.h"

namespace bursar {

class Evolution {
 public:
  Evolution(State& state, const storage::v1::Entry& entry)
      : state_(state), entry_(entry), time_(absl::FromUnixMicros(entry.commit_time())) {}

  void Apply(const storage::v1::Event& event);

 private:
  // evolve_policy.cc
  void On(const storage::v1::PartnerPublished& event);
  void On(const storage::v1::PromotionPublished& event);
  void On(const storage::v1::TermsPublished& event);
  void On(const storage::v1::ActionCataloguePublished& event);
  void On(const storage::v1::PriceListPublished& event);
  void On(const storage::v1::SponsorshipPublished& event);

  // evolve_people.cc
  void On(const storage::v1::UserRegistered& event);
  void On(const storage::v1::PromotionEntitled& event);
  void On(const storage::v1::PromotionLapsed& event);
  void On(const storage::v1::UserUpgraded& event);
  void On(const storage::v1::UserDowngraded& event);
  void On(const storage::v1::IdentityLinked& event);
  void On(const storage::v1::DefaultPayerSet& event);
  void On(const storage::v1::OrganizationCreated& event);
  void On(const storage::v1::OrganizationSettingsSet& event);
  void On(const storage::v1::OrganizationExpirySet& event);
  void On(const storage::v1::MemberInvited& event);
  void On(const storage::v1::InvitationAccepted& event);
  void On(const storage::v1::MemberAccessSet& event);
  void On(const storage::v1::MemberRemoved& event);
  void On(const storage::v1::ProjectCreated& event);
  void On(const storage::v1::ProjectTransferOffered& event);
  void On(const storage::v1::ProjectTransferDeclined& event);
  void On(const storage::v1::ProjectPayerSet& event);

  // evolve_merge.cc
  void On(const storage::v1::UsersMerged& event);
  void On(const storage::v1::UserClosed& event);

  // evolve_billing.cc
  void On(const storage::v1::BillingAccountOpened& event);
  void On(const storage::v1::AccountUpgradeSubmitted& event);
  void On(const storage::v1::VerificationSent& event);
  void On(const storage::v1::VerificationReminded& event);
  void On(const storage::v1::BillingConfirmed& event);
  void On(const storage::v1::BillingDeclined& event);
  void On(const storage::v1::BillingChangeRequested& event);
  void On(const storage::v1::BillingChangeApplied& event);
  void On(const storage::v1::BillingChangeClosed& event);
  void On(const storage::v1::AssistedSetupRequested& event);
  void On(const storage::v1::AssistedSetupScheduled& event);
  void On(const storage::v1::AssistedSetupMissed& event);
  void On(const storage::v1::PurchaseOrderRecorded& event);
  void On(const storage::v1::PurchaseOrderAttached& event);

  // evolve_funds.cc
  void On(const storage::v1::CreditGranted& event);
  void On(const storage::v1::CreditTookEffect& event);
  void On(const storage::v1::CreditExpired& event);
  void On(const storage::v1::CreditRevoked& event);
  void On(const storage::v1::PaymentRecorded& event);
  void On(const storage::v1::FundsMovedOut& event);
  void On(const storage::v1::FundsMovedIn& event);
  void On(const storage::v1::SpendingLimitSet& event);
  void On(const storage::v1::LimitIncreaseRequested& event);
  void On(const storage::v1::LimitIncreaseSuperseded& event);
  void On(const storage::v1::LimitIncreaseApproved& event);
  void On(const storage::v1::LimitIncreaseDenied& event);
  void On(const storage::v1::LimitIncreaseWithdrawn& event);
  void On(const storage::v1::LimitIncreaseExpired& event);
  void On(const storage::v1::LimitIncreaseEnded& event);
  void On(const storage::v1::BudgetSet& event);
  void On(const storage::v1::BudgetRemoved& event);
  void On(const storage::v1::FundsThresholdCrossed& event);
  void On(const storage::v1::FundsRestored& event);

  // evolve_gate.cc
  void On(const storage::v1::HoldPlaced& event);
  void On(const storage::v1::HoldExtended& event);
  void On(const storage::v1::HoldCaptured& event);
  void On(const storage::v1::HoldReleased& event);
  void On(const storage::v1::HoldExpired& event);
  void On(const storage::v1::TerminationOrdered& event);
  void On(const storage::v1::ActionDenied& event);
  void On(const storage::v1::SponsorshipHeld& event);
  void On(const storage::v1::SponsorshipReturned& event);
  void On(const storage::v1::SponsorshipCharged& event);
  void On(const storage::v1::SponsorshipReversed& event);
  void On(const storage::v1::UsageCharged& event);
  void On(const storage::v1::ChargeReversed& event);
  void On(const storage::v1::UsageQuarantined& event);
  void On(const storage::v1::QuarantineReleased& event);
  void On(const storage::v1::QuarantineDiscarded& event);

  void On(const storage::v1::ClockAdvanced&) { state_.had_manual_clock = true; }

  // What an event names is there: it was when the event was decided.
  User& UserOf(const std::string& id);
  Organization& OrganizationOf(const std::string& id);
  BillingAccount& Account(const std::string& id);
  Project& ProjectOf(uint64_t number);
  Hold& HoldOf(uint64_t number);
  LimitIncrease& IncreaseOf(uint64_t number);

  // What time will bring about, or no longer.
  void Expect(Due::Kind kind, absl::Time time, uint64_t number);
  void Forget(Due::Kind kind, absl::Time time, uint64_t number) { state_.due.erase({time, kind, number}); }

  void ForgetReminder(BillingSetup& setup);
  void ForgetAssistedSetup(BillingSetup& setup);
  void KillLink(BillingSetup& setup);
  void EndSetup(BillingSetup& setup);

  void ExpectCredit(const BillingAccount& account, const Credit& credit);
  void ForgetCredit(const Credit& credit);
  static void Rebase(BillingAccount& account, int64_t funds_micros);
  LimitIncrease& Close(uint64_t number, LimitIncrease::Status status);
  void ForgetEndingIncrease(BillingAccount& account);

  void CloseHold(uint64_t number);
  // Keeps the index of spent holds; after each change of what a hold holds.
  void NoteSpent(const Hold& hold);
  // Adds to what the budgets of a hold hold; `amount` is negative for what is captured or goes back.
  static void HoldInBudgets(BillingAccount& account, const Hold& hold, Money amount);
  void UseBudgets(BillingAccount& account, const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>& uses);
  SponsorUse& SponsorUseOf(const std::string& sponsorship, const std::string& payer, int64_t window_start,
                           int64_t window_end);

  State& state_;
  const storage::v1::Entry& entry_;
  const absl::Time time_;
};

Person FromStorage(const storage::v1::PersonalData& data);
MemberAccess FromStorage(const storage::v1::MemberAccess& access);

}  // namespace bursar

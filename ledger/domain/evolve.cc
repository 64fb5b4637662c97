#include "ledger/domain/evolve.h"

#include "ledger/base/check.h"
#include "ledger/domain/evolution.h"

namespace bursar {

using storage::v1::Entry;
using storage::v1::Event;

void Evolution::Apply(const Event& event) {
  if (const BillingAccountId id = AccountOf(event); !id.empty() && event.kind_case() != Event::kBillingAccountOpened) {
    Account(id.text()).balance.Apply(event, entry_.position(), entry_.principal());
  }
  switch (event.kind_case()) {
    case Event::kPartnerPublished:
      return On(event.partner_published());
    case Event::kPromotionPublished:
      return On(event.promotion_published());
    case Event::kTermsPublished:
      return On(event.terms_published());
    case Event::kActionCataloguePublished:
      return On(event.action_catalogue_published());
    case Event::kPriceListPublished:
      return On(event.price_list_published());
    case Event::kSponsorshipPublished:
      return On(event.sponsorship_published());
    case Event::kUserRegistered:
      return On(event.user_registered());
    case Event::kBillingAccountOpened:
      return On(event.billing_account_opened());
    case Event::kPromotionEntitled:
      return On(event.promotion_entitled());
    case Event::kPromotionLapsed:
      return On(event.promotion_lapsed());
    case Event::kOrganizationCreated:
      return On(event.organization_created());
    case Event::kMemberInvited:
      return On(event.member_invited());
    case Event::kInvitationAccepted:
      return On(event.invitation_accepted());
    case Event::kMemberAccessSet:
      return On(event.member_access_set());
    case Event::kDefaultPayerSet:
      return On(event.default_payer_set());
    case Event::kProjectCreated:
      return On(event.project_created());
    case Event::kIdentityLinked:
      return On(event.identity_linked());
    case Event::kUsersMerged:
      return On(event.users_merged());
    case Event::kUserClosed:
      return On(event.user_closed());
    case Event::kMemberRemoved:
      return On(event.member_removed());
    case Event::kUserDowngraded:
      return On(event.user_downgraded());
    case Event::kProjectTransferOffered:
      return On(event.project_transfer_offered());
    case Event::kProjectPayerSet:
      return On(event.project_payer_set());
    case Event::kProjectTransferDeclined:
      return On(event.project_transfer_declined());
    case Event::kOrganizationSettingsSet:
      return On(event.organization_settings_set());
    case Event::kOrganizationExpirySet:
      return On(event.organization_expiry_set());
    case Event::kAccountUpgradeSubmitted:
      return On(event.account_upgrade_submitted());
    case Event::kVerificationSent:
      return On(event.verification_sent());
    case Event::kBillingConfirmed:
      return On(event.billing_confirmed());
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
    case Event::kVerificationReminded:
      return On(event.verification_reminded());
    case Event::kPurchaseOrderRecorded:
      return On(event.purchase_order_recorded());
    case Event::kPurchaseOrderAttached:
      return On(event.purchase_order_attached());
    case Event::kCreditGranted:
      return On(event.credit_granted());
    case Event::kCreditExpired:
      return On(event.credit_expired());
    case Event::kPaymentRecorded:
      return On(event.payment_recorded());
    case Event::kSpendingLimitSet:
      return On(event.spending_limit_set());
    case Event::kLimitIncreaseRequested:
      return On(event.limit_increase_requested());
    case Event::kLimitIncreaseSuperseded:
      return On(event.limit_increase_superseded());
    case Event::kLimitIncreaseApproved:
      return On(event.limit_increase_approved());
    case Event::kLimitIncreaseDenied:
      return On(event.limit_increase_denied());
    case Event::kCreditRevoked:
      return On(event.credit_revoked());
    case Event::kCreditTookEffect:
      return On(event.credit_took_effect());
    case Event::kLimitIncreaseWithdrawn:
      return On(event.limit_increase_withdrawn());
    case Event::kLimitIncreaseExpired:
      return On(event.limit_increase_expired());
    case Event::kLimitIncreaseEnded:
      return On(event.limit_increase_ended());
    case Event::kBudgetSet:
      return On(event.budget_set());
    case Event::kBudgetRemoved:
      return On(event.budget_removed());
    case Event::kFundsMovedOut:
      return On(event.funds_moved_out());
    case Event::kFundsMovedIn:
      return On(event.funds_moved_in());
    case Event::kHoldPlaced:
      return On(event.hold_placed());
    case Event::kHoldExtended:
      return On(event.hold_extended());
    case Event::kHoldCaptured:
      return On(event.hold_captured());
    case Event::kHoldReleased:
      return On(event.hold_released());
    case Event::kHoldExpired:
      return On(event.hold_expired());
    case Event::kActionDenied:
      return On(event.action_denied());
    case Event::kTerminationOrdered:
      return On(event.termination_ordered());
    case Event::kSponsorshipHeld:
      return On(event.sponsorship_held());
    case Event::kSponsorshipReturned:
      return On(event.sponsorship_returned());
    case Event::kSponsorshipCharged:
      return On(event.sponsorship_charged());
    case Event::kSponsorshipReversed:
      return On(event.sponsorship_reversed());
    case Event::kUsageCharged:
      return On(event.usage_charged());
    case Event::kFundsThresholdCrossed:
      return On(event.funds_threshold_crossed());
    case Event::kFundsRestored:
      return On(event.funds_restored());
    case Event::kChargeReversed:
      return On(event.charge_reversed());
    case Event::kUsageQuarantined:
      return On(event.usage_quarantined());
    case Event::kQuarantineReleased:
      return On(event.quarantine_released());
    case Event::kQuarantineDiscarded:
      return On(event.quarantine_discarded());
    case Event::kClockAdvanced:
      return On(event.clock_advanced());
    case Event::kLedgerRestored:
      return;
    case Event::KIND_NOT_SET:
      break;
  }
  BURSAR_CHECK(!"an event from a newer Bursar");
}

User& Evolution::UserOf(const std::string& id) {
  const auto found = state_.users.find(UserId::Trusted(id));
  BURSAR_CHECK(found != state_.users.end());
  return found->second;
}

Organization& Evolution::OrganizationOf(const std::string& id) {
  const auto found = state_.organizations.find(OrganizationId::Trusted(id));
  BURSAR_CHECK(found != state_.organizations.end());
  return found->second;
}

BillingAccount& Evolution::Account(const std::string& id) {
  const auto found = state_.accounts.find(BillingAccountId::Trusted(id));
  BURSAR_CHECK(found != state_.accounts.end());
  return found->second;
}

Project& Evolution::ProjectOf(uint64_t number) {
  const auto found = state_.projects.find(ProjectId(number));
  BURSAR_CHECK(found != state_.projects.end());
  return found->second;
}

Hold& Evolution::HoldOf(uint64_t number) {
  const auto found = state_.holds.find(HoldId(number));
  BURSAR_CHECK(found != state_.holds.end());
  return found->second;
}

LimitIncrease& Evolution::IncreaseOf(uint64_t number) {
  const auto found = state_.increases.find(IncreaseId(number));
  BURSAR_CHECK(found != state_.increases.end());
  return found->second;
}

void Evolution::Expect(Due::Kind kind, absl::Time time, uint64_t number) {
  if (time != absl::InfiniteFuture()) state_.due.insert({time, kind, number});
}

Person FromStorage(const storage::v1::PersonalData& data) {
  return {.name = data.name(), .email = data.email(), .postal_address = data.postal_address(), .phone = data.phone()};
}

MemberAccess FromStorage(const storage::v1::MemberAccess& access) {
  return {.admin = access.admin(), .allow_billable_activities = access.allow_billable_activities()};
}

void Evolve(State& state, const Entry& entry) {
  BURSAR_CHECK(entry.position() == state.position + 1);
  Evolution evolution(state, entry);
  for (const Event& event : entry.events()) evolution.Apply(event);
  state.position = entry.position();
  state.time = absl::FromUnixMicros(entry.commit_time());
}

}  // namespace bursar

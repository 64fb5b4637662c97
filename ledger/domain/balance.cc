#include "ledger/domain/balance.h"

#include <algorithm>
#include <tuple>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/context.h"

namespace bursar {
namespace {

using storage::v1::Event;
using storage::v1::Part;
using Parts = google::protobuf::RepeatedPtrField<Part>;

auto BurnOrder(const Credit& credit) {
  if (BURSAR_PLANTED(burns_by_age_alone))
    return std::make_tuple(credit.priority, absl::InfiniteFuture(), credit.id.number());
  return std::make_tuple(credit.priority, credit.expire_time, credit.id.number());
}

void Grant(Balance& balance, const storage::v1::CreditGranted& event, const std::string& principal) {
  balance.Add({.id = CreditId(event.credit()),
               .granted = Money::Micros(event.amount_micros()),
               .available = Money::Micros(event.amount_micros()),
               .origin = event.origin(),
               .priority = event.priority(),
               .effective_time = absl::FromUnixMicros(event.effective_time()),
               .expire_time = TimeOrNever(event.expire_time()),
               .actions = {event.actions().begin(), event.actions().end()},
               .reason = event.reason(),
               .granted_by = GrantedBy(event, principal)});
}

// What is paid beyond what is owed becomes a credit that burns after all others.
constexpr int32_t kPrepaidPriority = 1'000'000;

void AddPrepaid(Balance& balance, CreditId id, Money amount, const std::string& reason, const std::string& principal) {
  balance.Add({.id = id,
               .granted = amount,
               .available = amount,
               .origin = storage::v1::CreditGranted::ORIGIN_PAYMENT,
               .priority = kPrepaidPriority,
               .effective_time = absl::InfinitePast(),
               .expire_time = absl::InfiniteFuture(),
               .reason = reason,
               .granted_by = principal});
}

void Pay(Balance& balance, const storage::v1::PaymentRecorded& event, const std::string& principal) {
  balance.outstanding -= Money::Micros(event.settled_micros());
  if (event.prepaid_micros() == 0) return;
  AddPrepaid(balance, CreditId(event.credit()), Money::Micros(event.prepaid_micros()), event.reference(), principal);
}

void Expire(Balance& balance, const storage::v1::CreditExpired& event) {
  Credit* credit = balance.Find(CreditId(event.credit()));
  BURSAR_CHECK(credit != nullptr);
  credit->over = true;
  credit->available -= Money::Micros(event.amount_micros());
  credit->expired += Money::Micros(event.amount_micros());
}

void Revoke(Balance& balance, const storage::v1::CreditRevoked& event) {
  Credit* credit = balance.Find(CreditId(event.credit()));
  BURSAR_CHECK(credit != nullptr);
  credit->over = true;
  credit->taken_back = true;
  credit->available -= Money::Micros(event.amount_micros());
  credit->revoked += Money::Micros(event.amount_micros());
}

void MoveOut(Balance& balance, const storage::v1::FundsMovedOut& event) {
  balance.outstanding -= Money::Micros(event.outstanding_micros());
  for (const auto& moved : event.credits()) {
    Credit* credit = balance.Find(CreditId(moved.credit()));
    BURSAR_CHECK(credit != nullptr);
    credit->over = true;
    credit->available -= Money::Micros(moved.amount_micros());
    credit->moved += Money::Micros(moved.amount_micros());
  }
}

// A credit keeps its number; what comes of it later, from a reversed charge, joins what came before.
void MoveIn(Balance& balance, const storage::v1::FundsMovedIn& event) {
  balance.outstanding += Money::Micros(event.outstanding_micros());
  for (const auto& moved : event.credits()) {
    const Money amount = Money::Micros(moved.amount_micros());
    if (Credit* known = balance.Find(CreditId(moved.credit()))) {
      known->granted += amount;
      known->available += amount;
      continue;
    }
    balance.Add({.id = CreditId(moved.credit()),
                 .granted = amount,
                 .available = amount,
                 .origin = moved.origin(),
                 .priority = moved.priority(),
                 .effective_time = absl::FromUnixMicros(moved.effective_time()),
                 .expire_time = TimeOrNever(moved.expire_time()),
                 .actions = {moved.actions().begin(), moved.actions().end()},
                 .reason = moved.reason(),
                 .granted_by = moved.granted_by()});
  }
}

// Where an amount goes that comes back to a credit.
Money& PlaceOfReturn(Credit& credit, const Part& part) {
  if (part.credit_revoked()) return credit.revoked;
  return part.credit_expired() ? credit.expired : credit.available;
}

void SetAside(Balance& balance, const Parts& parts) {
  for (const Part& part : parts) {
    const Money amount = Money::Micros(part.amount_micros());
    if (part.credit() == 0) {
      balance.held_on_limit += amount;
      continue;
    }
    Credit* credit = balance.Find(CreditId(part.credit()));
    BURSAR_CHECK(credit != nullptr);
    credit->available -= amount;
    credit->held += amount;
  }
}

void GiveBack(Balance& balance, const Parts& parts) {
  for (const Part& part : parts) {
    const Money amount = Money::Micros(part.amount_micros());
    if (part.credit() == 0) {
      balance.held_on_limit -= amount;
      continue;
    }
    Credit* credit = balance.Find(CreditId(part.credit()));
    BURSAR_CHECK(credit != nullptr);
    credit->held -= amount;
    PlaceOfReturn(*credit, part) += amount;
    if (BURSAR_PLANTED(hold_returned_twice)) PlaceOfReturn(*credit, part) += amount;
  }
}

enum class From { kAvailable, kHeld };

void Charge(Balance& balance, const Parts& parts, const std::string& category, From from) {
  for (const Part& part : parts) {
    const Money amount = Money::Micros(part.amount_micros());
    balance.charged_by_category[category] += amount;
    if (part.credit() == 0) {
      if (from == From::kHeld) balance.held_on_limit -= amount;
      balance.outstanding += amount;
      continue;
    }
    Credit* credit = balance.Find(CreditId(part.credit()));
    BURSAR_CHECK(credit != nullptr);
    (from == From::kHeld ? credit->held : credit->available) -= amount;
    credit->charged += amount;
  }
}

// Undoes a charge. What was owed for it, and is paid by now, becomes a credit.
template <class ReversingEvent>
void Refund(Balance& balance, const ReversingEvent& event, const std::string& principal) {
  const Money prepaid = Money::Micros(event.prepaid_micros());
  for (const Part& part : event.returned()) {
    const Money amount = Money::Micros(part.amount_micros());
    balance.charged_by_category[event.category()] -= amount;
    if (part.credit() == 0) {
      balance.outstanding -= amount;
      continue;
    }
    Credit* credit = balance.Find(CreditId(part.credit()));
    BURSAR_CHECK(credit != nullptr);
    credit->charged -= amount;
    PlaceOfReturn(*credit, part) += amount;
  }
  if (prepaid == Money()) return;
  balance.outstanding += prepaid;
  AddPrepaid(balance, CreditId(event.credit()), prepaid, absl::StrCat("reversal of charge-", event.charge()),
             principal);
}

}  // namespace

bool Credit::MayPayFor(absl::string_view action) const {
  return actions.empty() || absl::c_linear_search(actions, action);
}

Money Balance::Funds(absl::string_view action, absl::Time now) const {
  Money funds = limit - outstanding - held_on_limit;
  for (const Credit& credit : credits) {
    if (credit.IsInForce(now) && credit.MayPayFor(action)) funds += credit.available;
  }
  return funds;
}

Money Balance::Held() const {
  Money held = held_on_limit;
  for (const Credit& credit : credits) held += credit.held;
  return held;
}

Money Balance::Charged() const {
  Money charged;
  for (const auto& [category, amount] : charged_by_category) charged += amount;
  return charged;
}

std::vector<Part> Balance::Draw(Money amount, absl::string_view action, absl::Time now) const {
  std::vector<Part> parts;
  const auto take = [&parts](CreditId from, Money share) {
    Part& part = parts.emplace_back();
    part.set_credit(from.number());
    part.set_amount_micros(share.micros());
  };
  for (const Credit& credit : credits) {
    if (amount == Money()) return parts;
    if (!credit.IsInForce(now) || !credit.MayPayFor(action) || credit.available == Money()) continue;
    const Money share = std::min(amount, credit.available);
    take(credit.id, share);
    amount -= share;
  }
  if (amount > Money()) take(CreditId(), amount);
  return parts;
}

void Balance::Add(Credit credit) {
  const auto before = [](const Credit& a, const Credit& b) { return BurnOrder(a) < BurnOrder(b); };
  credits.insert(std::upper_bound(credits.begin(), credits.end(), credit, before), std::move(credit));
}

Credit* Balance::Find(CreditId id) {
  const auto found = absl::c_find_if(credits, [id](const Credit& credit) { return credit.id == id; });
  return found == credits.end() ? nullptr : &*found;
}

const Credit* Balance::Find(CreditId id) const { return const_cast<Balance*>(this)->Find(id); }

void Balance::Apply(const Event& event, Position, const std::string& principal) {
  switch (event.kind_case()) {
    case Event::kCreditGranted:
      return Grant(*this, event.credit_granted(), principal);
    case Event::kCreditExpired:
      return Expire(*this, event.credit_expired());
    case Event::kPaymentRecorded:
      return Pay(*this, event.payment_recorded(), principal);
    case Event::kSpendingLimitSet:
      limit = Money::Micros(event.spending_limit_set().limit_micros());
      return;
    case Event::kCreditRevoked:
      return Revoke(*this, event.credit_revoked());
    case Event::kFundsMovedOut:
      return MoveOut(*this, event.funds_moved_out());
    case Event::kFundsMovedIn:
      return MoveIn(*this, event.funds_moved_in());
    case Event::kHoldPlaced:
      return SetAside(*this, event.hold_placed().parts());
    case Event::kHoldExtended:
      return SetAside(*this, event.hold_extended().parts());
    case Event::kHoldCaptured:
      Charge(*this, event.hold_captured().drawn(), event.hold_captured().category(), From::kHeld);
      Charge(*this, event.hold_captured().beyond(), event.hold_captured().category(), From::kAvailable);
      return GiveBack(*this, event.hold_captured().returned());
    case Event::kHoldReleased:
      return GiveBack(*this, event.hold_released().returned());
    case Event::kHoldExpired:
      return GiveBack(*this, event.hold_expired().returned());
    case Event::kSponsorshipHeld:
      return SetAside(*this, event.sponsorship_held().parts());
    case Event::kSponsorshipReturned:
      return GiveBack(*this, event.sponsorship_returned().returned());
    case Event::kSponsorshipCharged:
      Charge(*this, event.sponsorship_charged().drawn(), event.sponsorship_charged().category(),
             event.sponsorship_charged().hold() != 0 ? From::kHeld : From::kAvailable);
      return GiveBack(*this, event.sponsorship_charged().returned());
    case Event::kSponsorshipReversed:
      return Refund(*this, event.sponsorship_reversed(), principal);
    case Event::kUsageCharged:
      return Charge(*this, event.usage_charged().drawn(), event.usage_charged().category(), From::kAvailable);
    case Event::kChargeReversed:
      return Refund(*this, event.charge_reversed(), principal);
    case Event::kPartnerPublished:
    case Event::kPromotionPublished:
    case Event::kTermsPublished:
    case Event::kActionCataloguePublished:
    case Event::kPriceListPublished:
    case Event::kSponsorshipPublished:
    case Event::kUserRegistered:
    case Event::kBillingAccountOpened:
    case Event::kPromotionEntitled:
    case Event::kPromotionLapsed:
    case Event::kOrganizationCreated:
    case Event::kMemberInvited:
    case Event::kInvitationAccepted:
    case Event::kMemberAccessSet:
    case Event::kDefaultPayerSet:
    case Event::kProjectCreated:
    case Event::kIdentityLinked:
    case Event::kUsersMerged:
    case Event::kUserClosed:
    case Event::kMemberRemoved:
    case Event::kUserDowngraded:
    case Event::kProjectTransferOffered:
    case Event::kProjectPayerSet:
    case Event::kProjectTransferDeclined:
    case Event::kOrganizationSettingsSet:
    case Event::kOrganizationExpirySet:
    case Event::kAccountUpgradeSubmitted:
    case Event::kVerificationSent:
    case Event::kBillingConfirmed:
    case Event::kUserUpgraded:
    case Event::kBillingDeclined:
    case Event::kBillingChangeRequested:
    case Event::kBillingChangeApplied:
    case Event::kBillingChangeClosed:
    case Event::kAssistedSetupRequested:
    case Event::kAssistedSetupScheduled:
    case Event::kAssistedSetupMissed:
    case Event::kVerificationReminded:
    case Event::kPurchaseOrderRecorded:
    case Event::kPurchaseOrderAttached:
    case Event::kLimitIncreaseRequested:
    case Event::kLimitIncreaseSuperseded:
    case Event::kLimitIncreaseApproved:
    case Event::kLimitIncreaseDenied:
    case Event::kCreditTookEffect:
    case Event::kLimitIncreaseWithdrawn:
    case Event::kLimitIncreaseExpired:
    case Event::kLimitIncreaseEnded:
    case Event::kBudgetSet:
    case Event::kBudgetRemoved:
    case Event::kActionDenied:
    case Event::kTerminationOrdered:
    case Event::kFundsThresholdCrossed:
    case Event::kFundsRestored:
    case Event::kUsageQuarantined:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
    case Event::kClockAdvanced:
    case Event::kLedgerRestored:
      return;
    case Event::KIND_NOT_SET:
      break;
  }
  BURSAR_CHECK(!"an event from a newer Bursar");
}

std::string GrantedBy(const storage::v1::CreditGranted& event, const std::string& principal) {
  return event.origin() == storage::v1::CreditGranted::ORIGIN_PROMOTION ? "promotion" : principal;
}

BillingAccountId AccountOf(const Event& event) {
  switch (event.kind_case()) {
    case Event::kBillingAccountOpened:
      return BillingAccountId::Trusted(event.billing_account_opened().billing_account());
    case Event::kCreditGranted:
      return BillingAccountId::Trusted(event.credit_granted().billing_account());
    case Event::kCreditExpired:
      return BillingAccountId::Trusted(event.credit_expired().billing_account());
    case Event::kPaymentRecorded:
      return BillingAccountId::Trusted(event.payment_recorded().billing_account());
    case Event::kSpendingLimitSet:
      return BillingAccountId::Trusted(event.spending_limit_set().billing_account());
    case Event::kCreditRevoked:
      return BillingAccountId::Trusted(event.credit_revoked().billing_account());
    case Event::kFundsMovedOut:
      return BillingAccountId::Trusted(event.funds_moved_out().billing_account());
    case Event::kFundsMovedIn:
      return BillingAccountId::Trusted(event.funds_moved_in().billing_account());
    case Event::kHoldPlaced:
      return BillingAccountId::Trusted(event.hold_placed().billing_account());
    case Event::kHoldExtended:
      return BillingAccountId::Trusted(event.hold_extended().billing_account());
    case Event::kHoldCaptured:
      return BillingAccountId::Trusted(event.hold_captured().billing_account());
    case Event::kHoldReleased:
      return BillingAccountId::Trusted(event.hold_released().billing_account());
    case Event::kHoldExpired:
      return BillingAccountId::Trusted(event.hold_expired().billing_account());
    case Event::kSponsorshipHeld:
      return BillingAccountId::Trusted(event.sponsorship_held().billing_account());
    case Event::kSponsorshipReturned:
      return BillingAccountId::Trusted(event.sponsorship_returned().billing_account());
    case Event::kSponsorshipCharged:
      return BillingAccountId::Trusted(event.sponsorship_charged().billing_account());
    case Event::kSponsorshipReversed:
      return BillingAccountId::Trusted(event.sponsorship_reversed().billing_account());
    case Event::kUsageCharged:
      return BillingAccountId::Trusted(event.usage_charged().billing_account());
    case Event::kChargeReversed:
      return BillingAccountId::Trusted(event.charge_reversed().billing_account());
    default:
      return {};
  }
}

Money Sum(const google::protobuf::RepeatedPtrField<Part>& parts) {
  Money sum;
  for (const Part& part : parts) sum += Money::Micros(part.amount_micros());
  return sum;
}

}  // namespace bursar

#include "ledger/domain/postings.h"

#include "ledger/base/check.h"
#include "ledger/domain/balance.h"

namespace bursar {
namespace {

using storage::v1::CreditGranted;
using storage::v1::Event;
using storage::v1::Part;
using Parts = google::protobuf::RepeatedPtrField<Part>;

// Collects one event's postings, a debit and a credit at a time.
class Postings {
 public:
  template <class MoneyEvent>
  explicit Postings(const MoneyEvent& event)
      : account_(BillingAccountId::Trusted(event.billing_account())), currency_(event.currency()) {}

  void Move(Money amount, BookAccount debit, BookAccount credit) {
    if (amount == Money()) return;
    postings_.push_back({debit, account_, currency_, amount});
    postings_.push_back({credit, account_, currency_, Money() - amount});
  }

  // What a charge draws from credits was owed to the customer; the rest the customer owes.
  void Charge(const Parts& drawn) {
    for (const Part& part : drawn) {
      Move(Money::Micros(part.amount_micros()),
           part.credit() == 0 ? BookAccount::kReceivables : BookAccount::kCustomerCredits, BookAccount::kRevenue);
    }
  }

  // Held money moves in the books only where its credit expired or was revoked meanwhile.
  void Return(const Parts& returned) {
    for (const Part& part : returned) Leave(part);
  }

  // Undoes a charge: what is not owed any longer, because it was paid, is owed to the customer.
  void Refund(const Parts& returned, Money prepaid) {
    for (const Part& part : returned) {
      Move(Money::Micros(part.amount_micros()), BookAccount::kRevenue,
           part.credit() == 0 ? BookAccount::kReceivables : BookAccount::kCustomerCredits);
      Leave(part);
    }
    Move(prepaid, BookAccount::kReceivables, BookAccount::kCustomerCredits);
  }

  void Expire(Money amount) { Move(amount, BookAccount::kCustomerCredits, BookAccount::kExpiredCredits); }

  std::vector<Posting> Take() { return std::move(postings_); }

 private:
  // What comes back to a credit that is over leaves it at once.
  void Leave(const Part& part) {
    const Money amount = Money::Micros(part.amount_micros());
    if (part.credit_revoked()) return Move(amount, BookAccount::kCustomerCredits, BookAccount::kRevokedCredits);
    if (part.credit_expired()) Expire(amount);
  }

  BillingAccountId account_;
  std::string currency_;
  std::vector<Posting> postings_;
};

Money SumOf(const google::protobuf::RepeatedPtrField<storage::v1::MovedCredit>& credits) {
  Money sum;
  for (const auto& credit : credits) sum += Money::Micros(credit.amount_micros());
  return sum;
}

BookAccount ExpenseOf(CreditGranted::Origin origin) {
  return origin == CreditGranted::ORIGIN_PROMOTION ? BookAccount::kPromotionExpense : BookAccount::kGoodwillExpense;
}

std::vector<Posting> PostingsOf(const CreditGranted& event) {
  Postings postings(event);
  postings.Move(Money::Micros(event.amount_micros()), ExpenseOf(event.origin()), BookAccount::kCustomerCredits);
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::CreditExpired& event) {
  Postings postings(event);
  postings.Expire(Money::Micros(event.amount_micros()));
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::PaymentRecorded& event) {
  Postings postings(event);
  postings.Move(Money::Micros(event.settled_micros()), BookAccount::kCash, BookAccount::kReceivables);
  postings.Move(Money::Micros(event.prepaid_micros()), BookAccount::kCash, BookAccount::kCustomerCredits);
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::HoldCaptured& event) {
  Postings postings(event);
  postings.Charge(event.drawn());
  postings.Charge(event.beyond());
  postings.Return(event.returned());
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::SponsorshipCharged& event) {
  Postings postings(event);
  postings.Charge(event.drawn());
  postings.Return(event.returned());
  return postings.Take();
}

template <class ReversingEvent>
std::vector<Posting> PostingsOfReversal(const ReversingEvent& event) {
  Postings postings(event);
  postings.Refund(event.returned(), Money::Micros(event.prepaid_micros()));
  return postings.Take();
}

// What was paid in advance is paid back.
std::vector<Posting> PostingsOf(const storage::v1::CreditRevoked& event) {
  Postings postings(event);
  postings.Move(Money::Micros(event.amount_micros()), BookAccount::kCustomerCredits,
                event.origin() == CreditGranted::ORIGIN_PAYMENT ? BookAccount::kCash : BookAccount::kRevokedCredits);
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::FundsMovedOut& event) {
  Postings postings(event);
  postings.Move(SumOf(event.credits()), BookAccount::kCustomerCredits, BookAccount::kTransfers);
  postings.Move(Money::Micros(event.outstanding_micros()), BookAccount::kTransfers, BookAccount::kReceivables);
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::FundsMovedIn& event) {
  Postings postings(event);
  postings.Move(SumOf(event.credits()), BookAccount::kTransfers, BookAccount::kCustomerCredits);
  postings.Move(Money::Micros(event.outstanding_micros()), BookAccount::kReceivables, BookAccount::kTransfers);
  return postings.Take();
}

template <class ReturningEvent>
std::vector<Posting> PostingsOfReturn(const ReturningEvent& event) {
  Postings postings(event);
  postings.Return(event.returned());
  return postings.Take();
}

std::vector<Posting> PostingsOf(const storage::v1::UsageCharged& event) {
  Postings postings(event);
  postings.Charge(event.drawn());
  return postings.Take();
}

}  // namespace

const char* NameOf(BookAccount account) {
  switch (account) {
    case BookAccount::kCash:
      return "cash";
    case BookAccount::kReceivables:
      return "receivables";
    case BookAccount::kCustomerCredits:
      return "customer_credits";
    case BookAccount::kRevenue:
      return "revenue";
    case BookAccount::kExpiredCredits:
      return "expired_credits";
    case BookAccount::kPromotionExpense:
      return "promotion_expense";
    case BookAccount::kRevokedCredits:
      return "revoked_credits";
    case BookAccount::kTransfers:
      return "transfers";
    case BookAccount::kGoodwillExpense:
      return "goodwill_expense";
  }
  BURSAR_CHECK(!"an unknown account of the books");
}

std::vector<Posting> PostingsOf(const Event& event) {
  switch (event.kind_case()) {
    case Event::kCreditGranted:
      return PostingsOf(event.credit_granted());
    case Event::kCreditExpired:
      return PostingsOf(event.credit_expired());
    case Event::kPaymentRecorded:
      return PostingsOf(event.payment_recorded());
    case Event::kCreditRevoked:
      return PostingsOf(event.credit_revoked());
    case Event::kFundsMovedOut:
      return PostingsOf(event.funds_moved_out());
    case Event::kFundsMovedIn:
      return PostingsOf(event.funds_moved_in());
    case Event::kHoldCaptured:
      return PostingsOf(event.hold_captured());
    case Event::kHoldReleased:
      return PostingsOfReturn(event.hold_released());
    case Event::kHoldExpired:
      return PostingsOfReturn(event.hold_expired());
    case Event::kSponsorshipReturned:
      return PostingsOfReturn(event.sponsorship_returned());
    case Event::kSponsorshipCharged:
      return PostingsOf(event.sponsorship_charged());
    case Event::kSponsorshipReversed:
      return PostingsOfReversal(event.sponsorship_reversed());
    case Event::kUsageCharged:
      return PostingsOf(event.usage_charged());
    case Event::kChargeReversed:
      return PostingsOfReversal(event.charge_reversed());
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
    case Event::kSpendingLimitSet:
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
    case Event::kHoldPlaced:
    case Event::kHoldExtended:
    case Event::kActionDenied:
    case Event::kTerminationOrdered:
    case Event::kSponsorshipHeld:
    case Event::kFundsThresholdCrossed:
    case Event::kFundsRestored:
    case Event::kUsageQuarantined:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
    case Event::kClockAdvanced:
    case Event::kLedgerRestored:
      return {};
    case Event::KIND_NOT_SET:
      break;
  }
  BURSAR_CHECK(!"an event from a newer Bursar");
}

}  // namespace bursar

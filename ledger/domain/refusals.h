// Every way to say no with an error: one named function each. A refusal is a status whose message is a sentence for
// people and whose payload is a google.rpc.ErrorInfo with a published reason and every number of the sentence.
//
// A denial of the gate is no refusal: it is an answer (ActionDenied).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {

// The published reasons; bursar.v1.ErrorReason says the same to clients.
enum class Reason {
  kInvalidField,
  kPermissionDenied,
  kRequestIdReused,
  kUserNotFound,
  kOrganizationNotFound,
  kBillingAccountNotFound,
  kProjectNotFound,
  kIncreaseNotFound,
  kPartnerNotFound,
  kHandleTaken,
  kEmailRegistered,
  kTermsOutdated,
  kAlreadyConfirmed,
  kNothingToResend,
  kLinkInvalid,
  kLinkExpired,
  kBillingNotSetUp,
  kBillableActivitiesNotAllowed,
  kNotYourBillingAccount,
  kSpendingLimitExceeded,
  kUnknownAction,
  kActionIsFree,
  kHoldNotOpen,
  kCaptureExceedsHold,  // given by older Bursars only
  kNoPrice,
  kCurrencyMismatch,
  kAmountTooLarge,
  kAlreadyMember,
  kNotInvited,
  kNotAMember,
  kLastAdmin,
  kIncreaseNotPending,
  kNotAnIncrease,
  kMoreThanRequested,
  kOwnRequest,
  kEffectiveTimeInPast,
  kAlreadyPublished,
  kUnavailable,
  kOverloaded,
  kIdentityNotLinked,
  kIdentityTaken,
  kUserClosed,
  kNotSettled,
  kNotMergeable,
  kTransfersRestricted,
  kNoTransferOffered,
  kOrganizationExpired,
  kNoOpenChange,
  kNoOpenSetup,
  kPurchaseOrderRecorded,
  kBudgetExceeded,
  kCostLimitExceeded,
  kBudgetNotFound,
  kChargeNotFound,
  kChargeReversed,
  kCreditNotFound,
  kCreditOver,
  kNotQuarantined,
  kClockNotManual,
  kClockWouldGoBack,
  kDiskLow,
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kDiskLow) + 1;

// For example "SPENDING_LIMIT_EXCEEDED".
const char* NameOf(Reason reason);

// The reason that a refusal carries; nullopt for any other status.
std::optional<std::string> ReasonOf(const absl::Status& status);

// INVALID_ARGUMENT, naming the field by its path in the request ("contact.phone").
absl::Status InvalidField(absl::string_view field, absl::string_view problem);

// PERMISSION_DENIED. Says nothing of whether what was asked for exists.
absl::Status PermissionDenied(absl::string_view what);
// The same for a member who asks for a higher limit: says who may. `admins` is empty where the organization hides them.
absl::Status NeedsAdmin(const OrganizationId& organization, const std::vector<UserId>& admins);

// NOT_FOUND; only for those who may know.
absl::Status UserNotFound(const UserId& id);
absl::Status NobodyOfIdentity(absl::string_view issuer);
absl::Status OrganizationNotFound(const OrganizationId& id);
absl::Status BillingAccountNotFound(const BillingAccountId& id);
absl::Status ProjectNotFound(ProjectId id);
absl::Status IncreaseNotFound(IncreaseId id);
absl::Status BudgetNotFound(BudgetId id);
absl::Status PartnerNotFound(absl::string_view id);
absl::Status ChargeNotFound(ChargeId id);
absl::Status CreditNotFound(CreditId id);

// ALREADY_EXISTS.
absl::Status RequestIdReused(absl::string_view request_id);
absl::Status HandleTaken(absl::string_view handle);
absl::Status EmailRegistered();
absl::Status IdentityTaken();
absl::Status AlreadyMember(const OrganizationId& organization, const UserId& user);
absl::Status AlreadyPublished(absl::string_view what, absl::string_view name);

// FAILED_PRECONDITION: setting up who pays.
absl::Status TermsOutdated(absl::string_view document, absl::string_view accepted, absl::string_view current);
absl::Status AlreadyConfirmed(const BillingAccountId& account);
absl::Status NothingToResend(const BillingAccountId& account);
absl::Status NoOpenChange(BillingChangeId id);
absl::Status NoOpenSetup(AssistedSetupId id);
absl::Status PurchaseOrderRecorded(absl::string_view platform_id, absl::string_view number);  // ALREADY_EXISTS
absl::Status LinkInvalid();  // NOT_FOUND, and the same for altered, dead and invented links
absl::Status LinkExpired();
absl::Status NotInvited(const OrganizationId& organization, const UserId& user);
absl::Status NotAMember(const OrganizationId& organization, const UserId& user);
absl::Status LastAdmin(const OrganizationId& organization);
absl::Status BillingNotSetUp(const BillingAccountId& account);
absl::Status BillableActivitiesNotAllowed(const OrganizationId& organization, const UserId& user);
absl::Status NotYourBillingAccount(const BillingAccountId& account);

// FAILED_PRECONDITION: people and their projects.
absl::Status IdentityNotLinked();
absl::Status UserClosed(const UserId& user);
// What has to be settled before an account can end.
struct Unsettled {
  Money outstanding;
  Money prepaid;
  Money held;
  int64_t open_holds = 0;

  bool Any() const { return outstanding != Money() || prepaid != Money() || held != Money() || open_holds > 0; }
};
absl::Status NotSettled(const BillingAccountId& account, const Unsettled& left, absl::string_view currency);
absl::Status NotMergeable(const UserId& from, const UserId& into, absl::string_view why);
absl::Status TransfersRestricted(const OrganizationId& organization, ProjectId project);
absl::Status NoTransferOffered(ProjectId project);

// FAILED_PRECONDITION: an action that the gate would deny, asked for as a command (CreateProject).
absl::Status DeniedByGate(const storage::v1::ActionDenied& denial);

// Money and holds.
absl::Status UnknownAction(absl::string_view action);  // NOT_FOUND
absl::Status ActionIsFree(absl::string_view action);   // FAILED_PRECONDITION
absl::Status HoldNotOpen(HoldId hold);                 // FAILED_PRECONDITION
absl::Status NoPrice(absl::string_view sku, absl::string_view region, absl::string_view currency,
                     absl::Time time);  // FAILED_PRECONDITION
absl::Status CurrencyMismatch(absl::string_view given,
                              absl::string_view expected);  // INVALID_ARGUMENT, field "currency"
absl::Status AmountTooLarge(absl::string_view what);        // OUT_OF_RANGE

// FAILED_PRECONDITION: undoing what was granted, charged or set aside.
absl::Status CreditOver(CreditId id);
// NOT_SETTLED: what was paid in advance is paid back as a whole.
absl::Status CreditHeld(CreditId id, Money held, absl::string_view currency);
// `left` is what has not been reversed of the charge yet.
absl::Status MoreThanCharged(ChargeId id, Money left, absl::string_view currency);
absl::Status NotQuarantined(QuarantineId id);

// Limit increases: FAILED_PRECONDITION, OwnRequest PERMISSION_DENIED.
absl::Status IncreaseNotPending(IncreaseId id, absl::string_view status);
absl::Status NotAnIncrease(Money requested, Money current, absl::string_view currency);
absl::Status MoreThanRequested(Money approved, Money requested, absl::string_view currency);
absl::Status OwnRequest(IncreaseId id);

// Policy: FAILED_PRECONDITION. What applied in the past is never changed.
absl::Status EffectiveTimeInPast(absl::Time asked, absl::Time now);

// Moving the clock: FAILED_PRECONDITION.
absl::Status ClockNotManual();
absl::Status ClockWouldGoBack(absl::Time asked, absl::Time now);

// UNAVAILABLE and RESOURCE_EXHAUSTED, with RetryInfo: ask again with the same request id.
absl::Status LedgerUnavailable(absl::string_view why);
absl::Status Overloaded();
absl::Status DiskLow();

}  // namespace bursar

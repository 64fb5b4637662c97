#include "ledger/domain/refusals.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kPreconditionUrl[] = "type.googleapis.com/google.rpc.PreconditionFailure";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

using Metadata = std::vector<std::pair<std::string, std::string>>;

// The same bytes for the same refusal, also of ErrorInfo's map.
template <class Message>
void Attach(absl::Status& status, const char* url, const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&output);
  }
  status.SetPayload(url, absl::Cord(bytes));
}

absl::Status Refusal(absl::StatusCode code, Reason reason, absl::string_view sentence, const Metadata& metadata = {}) {
  absl::Status status(code, sentence);
  google::rpc::ErrorInfo info;
  info.set_reason(NameOf(reason));
  info.set_domain("bursar.v1");
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  Attach(status, kErrorInfoUrl, info);
  return status;
}

absl::Status NotFound(Reason reason, absl::string_view kind, const std::string& name) {
  return Refusal(absl::StatusCode::kNotFound, reason, absl::StrCat("There is no ", kind, " ", name, "."),
                 {{std::string(kind), name}});
}

// A rule about `subject` does not allow it.
absl::Status Precondition(Reason reason, absl::string_view subject, absl::string_view sentence,
                          const Metadata& metadata = {}) {
  absl::Status status = Refusal(absl::StatusCode::kFailedPrecondition, reason, sentence, metadata);
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type(NameOf(reason));
  violation->set_subject(std::string(subject));
  violation->set_description(std::string(sentence));
  Attach(status, kPreconditionUrl, failure);
  return status;
}

absl::Status BadField(Reason reason, absl::string_view field, absl::string_view problem, Metadata metadata = {}) {
  metadata.emplace_back("field", std::string(field));
  absl::Status status =
      Refusal(absl::StatusCode::kInvalidArgument, reason, absl::StrCat("Field '", field, "' ", problem, "."), metadata);
  google::rpc::BadRequest request;
  auto* violation = request.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(problem));
  Attach(status, kBadRequestUrl, request);
  return status;
}

absl::Status Retry(absl::StatusCode code, Reason reason, absl::string_view sentence) {
  absl::Status status = Refusal(code, reason, sentence);
  google::rpc::RetryInfo retry;
  constexpr int kRetryNanos = 200'000'000;
  retry.mutable_retry_delay()->set_nanos(kRetryNanos);
  Attach(status, kRetryInfoUrl, retry);
  return status;
}

}  // namespace

const char* NameOf(Reason reason) {
  switch (reason) {
    case Reason::kInvalidField:
      return "INVALID_FIELD";
    case Reason::kPermissionDenied:
      return "PERMISSION_DENIED";
    case Reason::kRequestIdReused:
      return "REQUEST_ID_REUSED";
    case Reason::kUserNotFound:
      return "USER_NOT_FOUND";
    case Reason::kOrganizationNotFound:
      return "ORGANIZATION_NOT_FOUND";
    case Reason::kBillingAccountNotFound:
      return "BILLING_ACCOUNT_NOT_FOUND";
    case Reason::kProjectNotFound:
      return "PROJECT_NOT_FOUND";
    case Reason::kIncreaseNotFound:
      return "INCREASE_NOT_FOUND";
    case Reason::kPartnerNotFound:
      return "PARTNER_NOT_FOUND";
    case Reason::kHandleTaken:
      return "HANDLE_TAKEN";
    case Reason::kEmailRegistered:
      return "EMAIL_REGISTERED";
    case Reason::kTermsOutdated:
      return "TERMS_OUTDATED";
    case Reason::kAlreadyConfirmed:
      return "ALREADY_CONFIRMED";
    case Reason::kNothingToResend:
      return "NOTHING_TO_RESEND";
    case Reason::kLinkInvalid:
      return "LINK_INVALID";
    case Reason::kLinkExpired:
      return "LINK_EXPIRED";
    case Reason::kBillingNotSetUp:
      return "BILLING_NOT_SET_UP";
    case Reason::kBillableActivitiesNotAllowed:
      return "BILLABLE_ACTIVITIES_NOT_ALLOWED";
    case Reason::kNotYourBillingAccount:
      return "NOT_YOUR_BILLING_ACCOUNT";
    case Reason::kSpendingLimitExceeded:
      return "SPENDING_LIMIT_EXCEEDED";
    case Reason::kUnknownAction:
      return "UNKNOWN_ACTION";
    case Reason::kActionIsFree:
      return "ACTION_IS_FREE";
    case Reason::kHoldNotOpen:
      return "HOLD_NOT_OPEN";
    case Reason::kCaptureExceedsHold:
      return "CAPTURE_EXCEEDS_HOLD";
    case Reason::kNoPrice:
      return "NO_PRICE";
    case Reason::kCurrencyMismatch:
      return "CURRENCY_MISMATCH";
    case Reason::kAmountTooLarge:
      return "AMOUNT_TOO_LARGE";
    case Reason::kAlreadyMember:
      return "ALREADY_MEMBER";
    case Reason::kNotInvited:
      return "NOT_INVITED";
    case Reason::kNotAMember:
      return "NOT_A_MEMBER";
    case Reason::kLastAdmin:
      return "LAST_ADMIN";
    case Reason::kIncreaseNotPending:
      return "INCREASE_NOT_PENDING";
    case Reason::kNotAnIncrease:
      return "NOT_AN_INCREASE";
    case Reason::kMoreThanRequested:
      return "MORE_THAN_REQUESTED";
    case Reason::kOwnRequest:
      return "OWN_REQUEST";
    case Reason::kEffectiveTimeInPast:
      return "EFFECTIVE_TIME_IN_PAST";
    case Reason::kAlreadyPublished:
      return "ALREADY_PUBLISHED";
    case Reason::kUnavailable:
      return "UNAVAILABLE";
    case Reason::kOverloaded:
      return "OVERLOADED";
    case Reason::kIdentityNotLinked:
      return "IDENTITY_NOT_LINKED";
    case Reason::kIdentityTaken:
      return "IDENTITY_TAKEN";
    case Reason::kUserClosed:
      return "USER_CLOSED";
    case Reason::kNotSettled:
      return "NOT_SETTLED";
    case Reason::kNotMergeable:
      return "NOT_MERGEABLE";
    case Reason::kTransfersRestricted:
      return "TRANSFERS_RESTRICTED";
    case Reason::kNoTransferOffered:
      return "NO_TRANSFER_OFFERED";
    case Reason::kOrganizationExpired:
      return "ORGANIZATION_EXPIRED";
    case Reason::kNoOpenChange:
      return "NO_OPEN_CHANGE";
    case Reason::kNoOpenSetup:
      return "NO_OPEN_SETUP";
    case Reason::kPurchaseOrderRecorded:
      return "PURCHASE_ORDER_RECORDED";
    case Reason::kBudgetExceeded:
      return "BUDGET_EXCEEDED";
    case Reason::kCostLimitExceeded:
      return "COST_LIMIT_EXCEEDED";
    case Reason::kBudgetNotFound:
      return "BUDGET_NOT_FOUND";
    case Reason::kChargeNotFound:
      return "CHARGE_NOT_FOUND";
    case Reason::kChargeReversed:
      return "CHARGE_REVERSED";
    case Reason::kCreditNotFound:
      return "CREDIT_NOT_FOUND";
    case Reason::kCreditOver:
      return "CREDIT_OVER";
    case Reason::kNotQuarantined:
      return "NOT_QUARANTINED";
    case Reason::kClockNotManual:
      return "CLOCK_NOT_MANUAL";
    case Reason::kClockWouldGoBack:
      return "CLOCK_WOULD_GO_BACK";
    case Reason::kDiskLow:
      return "DISK_LOW";
  }
  BURSAR_CHECK(!"an unknown reason");
}

std::optional<std::string> ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return info.reason();
}

absl::Status InvalidField(absl::string_view field, absl::string_view problem) {
  return BadField(Reason::kInvalidField, field, problem);
}

absl::Status PermissionDenied(absl::string_view what) {
  return Refusal(absl::StatusCode::kPermissionDenied, Reason::kPermissionDenied,
                 absl::StrCat("You may not ", what, ", or it does not exist."));
}

absl::Status NeedsAdmin(const OrganizationId& organization, const std::vector<UserId>& admins) {
  std::string names;
  for (const UserId& admin : admins) absl::StrAppend(&names, names.empty() ? "" : ", ", admin.text());
  return Refusal(absl::StatusCode::kPermissionDenied, Reason::kPermissionDenied,
                 names.empty() ? std::string("Only an admin may ask for a higher limit. Contact your admin.")
                               : absl::StrCat("Only an admin of ", organization.text(),
                                              " may ask for a higher limit. Contact ", names, "."),
                 {{"organization", organization.text()}, {"admins", names}});
}

absl::Status UserNotFound(const UserId& id) { return NotFound(Reason::kUserNotFound, "user", id.text()); }

absl::Status NobodyOfIdentity(absl::string_view issuer) {
  return Refusal(absl::StatusCode::kNotFound, Reason::kUserNotFound,
                 absl::StrCat("Nobody is known by this identity at ", issuer, ". Register with it, or have it linked."),
                 {{"identity_issuer", std::string(issuer)}});
}

absl::Status OrganizationNotFound(const OrganizationId& id) {
  return NotFound(Reason::kOrganizationNotFound, "organization", id.text());
}

absl::Status BillingAccountNotFound(const BillingAccountId& id) {
  return NotFound(Reason::kBillingAccountNotFound, "billing account", id.text());
}

absl::Status ProjectNotFound(ProjectId id) { return NotFound(Reason::kProjectNotFound, "project", id.text()); }

absl::Status IncreaseNotFound(IncreaseId id) {
  return NotFound(Reason::kIncreaseNotFound, "limit increase", id.text());
}

absl::Status BudgetNotFound(BudgetId id) { return NotFound(Reason::kBudgetNotFound, "budget", id.text()); }

absl::Status PartnerNotFound(absl::string_view id) {
  return NotFound(Reason::kPartnerNotFound, "partner", std::string(id));
}

absl::Status ChargeNotFound(ChargeId id) { return NotFound(Reason::kChargeNotFound, "charge", id.text()); }

absl::Status CreditNotFound(CreditId id) { return NotFound(Reason::kCreditNotFound, "credit", id.text()); }

absl::Status RequestIdReused(absl::string_view request_id) {
  return Refusal(
      absl::StatusCode::kAlreadyExists, Reason::kRequestIdReused,
      absl::StrCat("The request id '", request_id,
                   "' was used for another request before; nothing was changed. Choose a new id for a new request."),
      {{"request_id", std::string(request_id)}});
}

absl::Status HandleTaken(absl::string_view handle) {
  return Refusal(absl::StatusCode::kAlreadyExists, Reason::kHandleTaken,
                 absl::StrCat("The handle '", handle, "' is taken. Choose another one."),
                 {{"handle", std::string(handle)}});
}

absl::Status EmailRegistered() {
  return Refusal(absl::StatusCode::kAlreadyExists, Reason::kEmailRegistered,
                 "This e-mail address already has an account. Log in with it, or ask for a new password.");
}

absl::Status IdentityTaken() {
  return Refusal(absl::StatusCode::kAlreadyExists, Reason::kIdentityTaken,
                 "This identity leads to an account already. Log in with it instead.");
}

absl::Status AlreadyMember(const OrganizationId& organization, const UserId& user) {
  return Refusal(
      absl::StatusCode::kAlreadyExists, Reason::kAlreadyMember,
      absl::StrCat(user.text(), " is already a member of ", organization.text(), ". Set the member's access instead."),
      {{"organization", organization.text()}, {"user", user.text()}});
}

absl::Status AlreadyPublished(absl::string_view what, absl::string_view name) {
  return Refusal(absl::StatusCode::kAlreadyExists, Reason::kAlreadyPublished,
                 absl::StrCat("The ", what, " '", name, "' was published before. Publish the change under a new name."),
                 {{std::string(what), std::string(name)}});
}

absl::Status TermsOutdated(absl::string_view document, absl::string_view accepted, absl::string_view current) {
  return Precondition(
      Reason::kTermsOutdated, document,
      absl::StrCat("The ", document, " accepted (version '", accepted, "') is not the current one. Show version '",
                   current, "' and submit again."),
      {{"document", std::string(document)}, {"accepted", std::string(accepted)}, {"current", std::string(current)}});
}

absl::Status AlreadyConfirmed(const BillingAccountId& account) {
  return Precondition(Reason::kAlreadyConfirmed, account.text(),
                      absl::StrCat("Billing of ", account.text(), " is set up already; there is nothing to confirm."),
                      {{"billing_account", account.text()}});
}

absl::Status NothingToResend(const BillingAccountId& account) {
  return Precondition(
      Reason::kNothingToResend, account.text(),
      absl::StrCat("No confirmation of ", account.text(), " is pending. Submit the account upgrade first."),
      {{"billing_account", account.text()}});
}

absl::Status NoOpenChange(BillingChangeId id) {
  return Precondition(
      Reason::kNoOpenChange, id.text(),
      absl::StrCat("No change ", id.text(), " waits for an operator: it was applied or closed, it is for ",
                   "its contact to confirm, or there never was one."),
      {{"change", id.text()}});
}

absl::Status NoOpenSetup(AssistedSetupId id) {
  return Precondition(Reason::kNoOpenSetup, id.text(),
                      absl::StrCat("No assisted set-up ", id.text(), " waits for a time slot. Have new slots offered."),
                      {{"setup", id.text()}});
}

absl::Status PurchaseOrderRecorded(absl::string_view platform_id, absl::string_view number) {
  return Refusal(absl::StatusCode::kAlreadyExists, Reason::kPurchaseOrderRecorded,
                 absl::StrCat("A purchase order '", number, "' of ", platform_id, " is on record already."),
                 {{"platform_id", std::string(platform_id)}, {"number", std::string(number)}});
}

absl::Status LinkInvalid() {
  return Refusal(absl::StatusCode::kNotFound, Reason::kLinkInvalid,
                 "This link is not valid. Use the newest mail, or ask for the link to be sent again.");
}

absl::Status LinkExpired() {
  return Precondition(Reason::kLinkExpired, "link", "This link has expired. Ask for it to be sent again.");
}

absl::Status NotInvited(const OrganizationId& organization, const UserId& user) {
  return Precondition(
      Reason::kNotInvited, organization.text(),
      absl::StrCat(user.text(), " has no open invitation to ", organization.text(), ". Ask an admin for one."),
      {{"organization", organization.text()}, {"user", user.text()}});
}

absl::Status NotAMember(const OrganizationId& organization, const UserId& user) {
  return Precondition(
      Reason::kNotAMember, organization.text(),
      absl::StrCat(user.text(), " is not a member of ", organization.text(), ". Invite the user first."),
      {{"organization", organization.text()}, {"user", user.text()}});
}

absl::Status LastAdmin(const OrganizationId& organization) {
  return Precondition(
      Reason::kLastAdmin, organization.text(),
      absl::StrCat("This is the last admin of ", organization.text(), ". Make another member admin first."),
      {{"organization", organization.text()}});
}

absl::Status BillingNotSetUp(const BillingAccountId& account) {
  return Precondition(Reason::kBillingNotSetUp, account.text(),
                      absl::StrCat("Billing of ", account.text(),
                                   " is not set up. Submit the account upgrade and have its contact confirm it."),
                      {{"billing_account", account.text()}});
}

absl::Status BillableActivitiesNotAllowed(const OrganizationId& organization, const UserId& user) {
  return Precondition(Reason::kBillableActivitiesNotAllowed, organization.text(),
                      absl::StrCat(user.text(), " may not bill to ", organization.text(),
                                   ". Ask an admin for access to billable activities."),
                      {{"organization", organization.text()}, {"user", user.text()}});
}

absl::Status NotYourBillingAccount(const BillingAccountId& account) {
  return Precondition(
      Reason::kNotYourBillingAccount, account.text(),
      absl::StrCat(account.text(), " is another person's billing account. Name your own or an organization's."),
      {{"billing_account", account.text()}});
}

absl::Status IdentityNotLinked() {
  return Precondition(
      Reason::kIdentityNotLinked, "identity",
      "This e-mail address has an account that the identity is not linked to. Log in with the password, "
      "or ask support to link the identity.");
}

absl::Status UserClosed(const UserId& user) {
  return Precondition(Reason::kUserClosed, user.text(),
                      absl::StrCat("The account of ", user.text(), " is closed. Its history can still be read."),
                      {{"user", user.text()}});
}

absl::Status NotSettled(const BillingAccountId& account, const Unsettled& left, absl::string_view currency) {
  return Precondition(
      Reason::kNotSettled, account.text(),
      absl::StrCat(account.text(), " is not settled: outstanding ", ToString(left.outstanding, currency), ", prepaid ",
                   ToString(left.prepaid, currency), ", held ", ToString(left.held, currency), " by ", left.open_holds,
                   " open holds. Pay what is owed, have what is prepaid paid back, and end what runs."),
      {{"billing_account", account.text()},
       {"outstanding_micros", absl::StrCat(left.outstanding.micros())},
       {"prepaid_micros", absl::StrCat(left.prepaid.micros())},
       {"held_micros", absl::StrCat(left.held.micros())},
       {"open_holds", absl::StrCat(left.open_holds)},
       {"currency", std::string(currency)}});
}

absl::Status NotMergeable(const UserId& from, const UserId& into, absl::string_view why) {
  return Precondition(Reason::kNotMergeable, from.text(),
                      absl::StrCat(from.text(), " cannot be merged into ", into.text(), ": ", why, "."),
                      {{"from", from.text()}, {"into", into.text()}, {"why", std::string(why)}});
}

absl::Status TransfersRestricted(const OrganizationId& organization, ProjectId project) {
  return Precondition(Reason::kTransfersRestricted, organization.text(),
                      absl::StrCat("Only an admin of ", organization.text(), " may move ", project.text(),
                                   " to another payer. Ask one."),
                      {{"organization", organization.text()}, {"project", project.text()}});
}

absl::Status NoTransferOffered(ProjectId project) {
  return Precondition(
      Reason::kNoTransferOffered, project.text(),
      absl::StrCat("Nobody offers you to pay for ", project.text(), ". Have its owner set its payer first."),
      {{"project", project.text()}});
}

absl::Status DeniedByGate(const storage::v1::ActionDenied& denial) {
  BURSAR_CHECK(denial.bindings_size() > 0);
  const auto& binding = denial.bindings(0);
  for (int i = 0; i < kReasonCount; ++i) {
    const Reason reason = static_cast<Reason>(i);
    if (binding.reason() != NameOf(reason)) continue;
    return Precondition(reason, denial.billing_account(),
                        absl::StrCat("Denied by the ", binding.rule(), ". ", denial.remedy()),
                        {{"billing_account", denial.billing_account()},
                         {"rule", binding.rule()},
                         {"available_micros", absl::StrCat(binding.available_micros())},
                         {"shortfall_micros", absl::StrCat(binding.shortfall_micros())},
                         {"currency", denial.currency()},
                         {"remedy", denial.remedy()}});
  }
  BURSAR_CHECK(!"a denial with an unpublished reason");
}

absl::Status UnknownAction(absl::string_view action) {
  return Refusal(absl::StatusCode::kNotFound, Reason::kUnknownAction,
                 absl::StrCat("The action catalogue in force has no action '", action, "'."),
                 {{"action", std::string(action)}});
}

absl::Status ActionIsFree(absl::string_view action) {
  return Precondition(Reason::kActionIsFree, action,
                      absl::StrCat("The action '", action, "' is free, so there is nothing to hold. Check it instead."),
                      {{"action", std::string(action)}});
}

absl::Status HoldNotOpen(HoldId hold) {
  return Precondition(
      Reason::kHoldNotOpen, hold.text(),
      absl::StrCat(hold.text(), " is not open: it was captured, released or has expired, or there never was one. ",
                   "Record what was used as usage."),
      {{"hold", hold.text()}});
}

absl::Status NoPrice(absl::string_view sku, absl::string_view region, absl::string_view currency, absl::Time time) {
  const std::string when = absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
  return Precondition(Reason::kNoPrice, sku,
                      absl::StrCat("No ", currency, " price of '", sku, "' in region '", region, "' was in force at ",
                                   when, ". Publish a price list."),
                      {{"sku", std::string(sku)},
                       {"region", std::string(region)},
                       {"currency", std::string(currency)},
                       {"time", when}});
}

absl::Status CurrencyMismatch(absl::string_view given, absl::string_view expected) {
  return BadField(Reason::kCurrencyMismatch, "currency",
                  absl::StrCat("is ", given, ", but the billing account's is ", expected),
                  {{"given", std::string(given)}, {"expected", std::string(expected)}});
}

absl::Status AmountTooLarge(absl::string_view what) {
  return Refusal(
      absl::StatusCode::kOutOfRange, Reason::kAmountTooLarge,
      absl::StrCat("The ", what, " would be more than a billing account can hold (1000000000.00). Split the account."),
      {{"most_micros", absl::StrCat(kMostMoney.micros())}});
}

absl::Status CreditOver(CreditId id) {
  return Precondition(
      Reason::kCreditOver, id.text(),
      absl::StrCat("Nothing is left of ", id.text(), ": it is spent, expired, revoked or moved to another account."),
      {{"credit", id.text()}});
}

absl::Status CreditHeld(CreditId id, Money held, absl::string_view currency) {
  return Precondition(
      Reason::kNotSettled, id.text(),
      absl::StrCat(id.text(), " was paid in advance, and holds have set aside ", ToString(held, currency),
                   " of it. Wait until they are captured or released."),
      {{"credit", id.text()}, {"held_micros", absl::StrCat(held.micros())}, {"currency", std::string(currency)}});
}

absl::Status MoreThanCharged(ChargeId id, Money left, absl::string_view currency) {
  return Precondition(
      Reason::kChargeReversed, id.text(),
      absl::StrCat("Of ", id.text(), ", ", ToString(left, currency),
                   " is left to be reversed. Reverse no more than that."),
      {{"charge", id.text()}, {"left_micros", absl::StrCat(left.micros())}, {"currency", std::string(currency)}});
}

absl::Status NotQuarantined(QuarantineId id) {
  return Precondition(
      Reason::kNotQuarantined, id.text(),
      absl::StrCat(id.text(), " is not in quarantine: it was released or discarded, or there never was one."),
      {{"quarantine", id.text()}});
}

absl::Status IncreaseNotPending(IncreaseId id, absl::string_view status) {
  return Precondition(Reason::kIncreaseNotPending, id.text(),
                      absl::StrCat(id.text(), " is ", status, " and can no longer be decided."),
                      {{"increase", id.text()}, {"status", std::string(status)}});
}

absl::Status NotAnIncrease(Money requested, Money current, absl::string_view currency) {
  return Precondition(Reason::kNotAnIncrease, "limit",
                      absl::StrCat("The limit asked for, ", ToString(requested, currency),
                                   ", is not higher than the current ", ToString(current, currency), "."),
                      {{"requested_micros", absl::StrCat(requested.micros())},
                       {"current_micros", absl::StrCat(current.micros())},
                       {"currency", std::string(currency)}});
}

absl::Status MoreThanRequested(Money approved, Money requested, absl::string_view currency) {
  return Precondition(Reason::kMoreThanRequested, "limit",
                      absl::StrCat("The limit to approve, ", ToString(approved, currency), ", is higher than the ",
                                   ToString(requested, currency), " asked for."),
                      {{"approved_micros", absl::StrCat(approved.micros())},
                       {"requested_micros", absl::StrCat(requested.micros())},
                       {"currency", std::string(currency)}});
}

absl::Status OwnRequest(IncreaseId id) {
  return Refusal(absl::StatusCode::kPermissionDenied, Reason::kOwnRequest,
                 absl::StrCat("You asked for ", id.text(), " yourself, or answer for the account that it is for. ",
                              "Another operator has to decide it."),
                 {{"increase", id.text()}});
}

absl::Status EffectiveTimeInPast(absl::Time asked, absl::Time now) {
  const std::string asked_text = absl::FormatTime(absl::RFC3339_full, asked, absl::UTCTimeZone());
  const std::string now_text = absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone());
  return Precondition(
      Reason::kEffectiveTimeInPast, "policy",
      absl::StrCat("The effective time ", asked_text, " is before now (", now_text,
                   "); what applied in the past is never changed. Leave it out to publish from now on."),
      {{"effective_time", asked_text}, {"now", now_text}});
}

absl::Status ClockNotManual() {
  return Precondition(Reason::kClockNotManual, "clock",
                      "The clock is the system's and cannot be moved. A server for trying things out is started with a "
                      "clock that stands still, by --clock=manual.");
}

absl::Status ClockWouldGoBack(absl::Time asked, absl::Time now) {
  const std::string asked_text = absl::FormatTime(absl::RFC3339_full, asked, absl::UTCTimeZone());
  const std::string now_text = absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone());
  return Precondition(Reason::kClockWouldGoBack, "clock",
                      absl::StrCat("The clock stands at ", now_text, " and cannot go back to ", asked_text, "."),
                      {{"to_time", asked_text}, {"now", now_text}});
}

absl::Status LedgerUnavailable(absl::string_view why) {
  return Retry(absl::StatusCode::kUnavailable, Reason::kUnavailable,
               absl::StrCat("The ledger cannot answer: ", why, ". It is not known whether this request took effect: ",
                            "ask again with the same request id."));
}

absl::Status Overloaded() {
  return Retry(
      absl::StatusCode::kResourceExhausted, Reason::kOverloaded,
      "More requests are waiting than the ledger keeps. Nothing was done; ask again with the same request id.");
}

absl::Status DiskLow() {
  return Retry(absl::StatusCode::kResourceExhausted, Reason::kDiskLow,
               "The ledger's disk is almost full, so that nothing new is begun; holds are still captured and released. "
               "Nothing was done; ask again with the same request id when there is room.");
}

}  // namespace bursar

// What can be asked of the ledger: one plain struct per command, named as the RPC that carries it.
//
// The doors have checked form (lengths, characters, signs, known enum values) before a command is made; whether it may
// happen is for Decide alone. "Empty" means that the caller left it out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {

// Policy ------------------------------------------------------------------------------------------------------------

// An institution's way to log in; the people of an internal one are employees, whose billing is set up by that.
struct IdentityProvider {
  std::string issuer;
  bool internal = false;
};

struct PublishPartner {
  std::string partner_id;
  std::string display_name;
  std::string default_region;
  std::vector<IdentityProvider> identity_providers;
};

struct PublishPromotion {
  std::string promotion_id;
  std::string partner_id;
  Money amount;
  std::string currency;
  std::optional<absl::Time> start_time;  // empty: now
  std::optional<absl::Time> end_time;    // empty: never
  absl::Duration credit_lifetime;        // zero: never expires
  int32_t credit_priority = 0;
};

enum class Document { kTerms, kPricing };

struct PublishTerms {
  Document document = Document::kTerms;
  std::string version;
  std::optional<absl::Time> effective_time;  // empty: now
  std::string url;
};

struct CatalogueAction {
  std::string name;
  bool gated = false;
  bool free = false;
  std::string category;
};

struct PublishActionCatalogue {
  std::optional<absl::Time> effective_time;  // empty: now
  std::vector<CatalogueAction> actions;
};

struct ListedPrice {
  std::string sku;
  std::string region;  // empty: wherever no other row applies
  Money price;
  int64_t per_quantity = 1;
  std::string category;
  int64_t most_quantity = 0;  // a usage record of more is quarantined; 0: no bound
};

struct PublishPriceList {
  std::string currency;
  std::optional<absl::Time> effective_time;  // empty: now
  std::vector<ListedPrice> prices;
};

// `billing_account` pays a share of what others' actions and usage cost, up to a quota per payer and calendar month
// (UTC).
struct PublishSponsorship {
  std::string sponsorship_id;
  BillingAccountId billing_account;
  std::string partner_id;            // only for users of this partner; empty: all
  std::vector<std::string> actions;  // of holds
  std::vector<std::string> skus;     // of usage
  int32_t share_percent = 100;       // 1 to 100
  Money quota;
  std::optional<absl::Time> start_time;  // empty: now
  std::optional<absl::Time> end_time;    // empty: never
};

// People and organizations --------------------------------------------------------------------------------------------

struct Person {
  std::string name;
  std::string email;
  std::string postal_address;
  std::string phone;
};

// A way to log in at an institution: what its issuer calls the person. Empty: a password.
struct Identity {
  std::string issuer;
  std::string subject;

  bool empty() const { return issuer.empty(); }
  friend bool operator==(const Identity& a, const Identity& b) {
    return a.issuer == b.issuer && a.subject == b.subject;
  }
};

struct RegisterUser {
  std::string handle;  // as typed; compared and kept in lower case
  Person person;
  std::string partner_id;  // empty: none
  std::string region;      // empty: the partner's
  std::string currency;    // of the personal billing account
  Identity identity;       // empty: a password
};

struct LinkIdentity {
  UserId user;
  Identity identity;
};

// `from` and `into` are one person: `from` is no more, and what it had is `into`'s.
struct MergeUsers {
  UserId from;
  UserId into;
  std::string reason;
};

struct CloseUser {
  UserId user;
};

struct MemberAccess {
  bool admin = false;
  bool allow_billable_activities = false;

  friend bool operator==(const MemberAccess& a, const MemberAccess& b) {
    return a.admin == b.admin && a.allow_billable_activities == b.allow_billable_activities;
  }
};

struct CreateOrganization {
  std::string handle;
  std::string name;
  UserId admin;
  std::string currency;
  bool hides_admins = false;
};

struct InviteMember {
  OrganizationId organization;
  UserId user;
  MemberAccess access;
};

struct AcceptInvitation {
  OrganizationId organization;
  UserId user;
};

struct SetMemberAccess {
  OrganizationId organization;
  UserId user;
  MemberAccess access;
};

struct RemoveMember {
  OrganizationId organization;
  UserId user;
};

struct SetOrganizationSettings {
  OrganizationId organization;
  bool hides_admins = false;
  bool restricts_transfers = false;
};

struct SetOrganizationExpiry {
  OrganizationId organization;
  std::optional<absl::Time> expire_time;  // empty: never
};

struct SetDefaultPayer {
  UserId user;
  BillingAccountId billing_account;
};

struct CreateProject {
  UserId user;
  std::string name;
  BillingAccountId bill_to;  // empty: the user's default payer
  std::string region;        // empty: the user's
};

// Moves a project where `user` may also accept for the new payer; offers it to the new payer otherwise.
struct SetProjectPayer {
  UserId user;
  ProjectId project;
  BillingAccountId bill_to;
};

struct AcceptProjectTransfer {
  UserId user;
  ProjectId project;
};

// By the receiver, who does not want it, or by whoever offered it.
struct DeclineProjectTransfer {
  UserId user;
  ProjectId project;
};

// Setting up who pays -------------------------------------------------------------------------------------------------

using Digest = std::array<unsigned char, 32>;

// A fresh link to mail: its public half and the hash of its secret half, both made by the door.
struct LinkSeed {
  std::string selector;     // 16 bytes
  std::string secret_hash;  // 32 bytes
};

struct SubmitAccountUpgrade {
  BillingAccountId billing_account;
  UserId user;  // who accepts the terms: the owner, or an admin of the organization
  Person contact;
  std::string terms_version;
  std::string pricing_version;
  LinkSeed link;
};

struct ResendVerification {
  BillingAccountId billing_account;
  LinkSeed link;
};

struct ConfirmBilling {
  std::string selector;     // 16 bytes
  std::string secret_hash;  // of the secret that the caller showed
};

struct DeclineBilling {
  std::string selector;     // 16 bytes
  std::string secret_hash;  // of the secret that the caller showed
  std::string reason;
};

// Another contact, who has to confirm by a link, or another purchase order, which an operator applies: one of the two.
struct RequestBillingChange {
  BillingAccountId billing_account;
  UserId user;
  std::optional<Person> contact;
  std::string purchase_order;
  LinkSeed link;  // for a contact
};

struct ApplyBillingChange {
  BillingChangeId change;
};

struct TimeSlot {
  absl::Time start;
  absl::Time end;
};

struct RequestAssistedSetup {
  BillingAccountId billing_account;
  UserId user;
  Person contact;  // name and e-mail at least
  std::vector<TimeSlot> slots;
};

struct ScheduleAssistedSetup {
  AssistedSetupId setup;
  size_t slot = 0;  // of those asked for
  LinkSeed link;
};

struct RecordPurchaseOrder {
  std::string number;
  std::string platform_id;  // name of a billing account, perhaps of none that is known
  Money value;
  std::string currency;
  std::string document;
};

struct RecordPayment {
  BillingAccountId billing_account;
  Money amount;
  std::string currency;  // empty: the account's
  std::string reference;
};

// Credits and limits --------------------------------------------------------------------------------------------------

struct GrantCredit {
  BillingAccountId billing_account;
  Money amount;
  std::string currency;  // empty: the account's
  int32_t priority = 0;
  std::optional<absl::Time> effective_time;  // empty: now
  std::optional<absl::Time> expire_time;     // empty: never
  std::vector<std::string> actions;          // empty: all
  std::string reason;
};

// Takes back what is not spent.
struct RevokeCredit {
  CreditId credit;
  std::string reason;
};

struct SetSpendingLimit {
  BillingAccountId billing_account;
  Money limit;
  std::string currency;  // empty: the account's
  std::string reason;
};

struct RequestLimitIncrease {
  BillingAccountId billing_account;
  UserId user;
  Money requested_limit;
  std::string currency;        // empty: the account's
  std::string purchase_order;  // empty: none
  std::string reason;
};

struct ApproveLimitIncrease {
  IncreaseId increase;
  std::optional<Money> limit;  // empty: what was asked for
  std::string note;
  std::optional<absl::Time> end_time;  // first instant at which it falls back; empty: never
};

struct DenyLimitIncrease {
  IncreaseId increase;
  std::string reason;
};

struct WithdrawLimitIncrease {
  IncreaseId increase;
};

enum class BudgetPeriod { kDay, kWeek, kMonth, kLife };

// What a budget counts: what passes every filter that is there.
struct BudgetScope {
  UserId member;         // empty: all
  ProjectId project;     // empty: all
  std::string category;  // empty: all

  friend bool operator==(const BudgetScope& a, const BudgetScope& b) {
    return a.member == b.member && a.project == b.project && a.category == b.category;
  }
};

// Sets the budget of this scope and period, or sets it anew.
struct SetBudget {
  BillingAccountId billing_account;
  BudgetScope scope;
  Money limit;
  BudgetPeriod period = BudgetPeriod::kMonth;
  std::string time_zone;  // IANA name; empty: UTC
  std::string reason;
};

struct RemoveBudget {
  BudgetId budget;
};

// The gate ------------------------------------------------------------------------------------------------------------

// What a platform wants to do, and who is to pay for it.
struct GatedAction {
  std::string action;
  UserId user;
  ProjectId project;         // empty: outside any project
  BillingAccountId bill_to;  // empty: the project's payer, else the user's default
  Money cost;                // estimated; zero where it is not known or free
  Money cost_limit;          // what the run may cost in all; zero: no bound
};

// Reserves nothing, and is written only where it is denied.
struct Check {
  GatedAction action;
};

struct PlaceHold {
  GatedAction action;
  std::optional<absl::Time> expire_time;  // empty: kDefaultHoldLifetime from now
};

struct ExtendHold {
  HoldId hold;
  Money additional;                       // zero: only longer
  std::optional<absl::Time> expire_time;  // empty: as it is
};

// A quantity to be priced by the list that was in force when it was used.
struct Metered {
  std::string sku;
  std::string region;
  int64_t quantity = 0;
  std::optional<absl::Time> usage_time;  // empty: now
};

struct CaptureHold {
  HoldId hold;
  std::variant<Money, Metered> cost;
  bool last = false;  // give the rest back
};

struct ReleaseHold {
  HoldId hold;
};

// Usage ---------------------------------------------------------------------------------------------------------------

// One record; its id is the request id.
struct RecordUsage {
  UserId user;
  ProjectId project;         // empty: outside any project
  BillingAccountId bill_to;  // empty: the project's payer, else the user's default
  Metered metered;
};

enum class ReversalCause { kPlatformFailure, kCorrection };

// Undoes a charge, or a part of it. The charge is read from the log, where it never changes, and handed in.
struct ReverseCharge {
  ChargeId charge;
  std::optional<Money> amount;  // empty: all that has not been reversed yet
  ReversalCause cause = ReversalCause::kCorrection;
  std::string reason;
  storage::v1::Entry charged;  // the entry numbered as the charge; empty where there is none
};

struct ReleaseQuarantinedUsage {
  QuarantineId quarantine;
  std::optional<int64_t> quantity;  // empty: as it was recorded
};

struct DiscardQuarantinedUsage {
  QuarantineId quarantine;
  std::string reason;
};

// Time ----------------------------------------------------------------------------------------------------------------

// Moves a clock that stands still; the writer plays what becomes due on the way, each at its own time.
struct AdvanceClock {
  std::optional<absl::Time> to;  // empty: `by` from now
  absl::Duration by;
  bool clock_is_manual = false;  // whether this ledger's clock may be moved at all, which the door knows
};

// What time alone brings about: the writer asks for it before whatever else is decided at that time.
struct ExpireDue {};

using Command =
    std::variant<PublishPartner, PublishPromotion, PublishTerms, PublishActionCatalogue, PublishPriceList,
                 PublishSponsorship,
                 // People and organizations
                 RegisterUser, LinkIdentity, MergeUsers, CloseUser, CreateOrganization, SetOrganizationSettings,
                 SetOrganizationExpiry, InviteMember, AcceptInvitation, SetMemberAccess, RemoveMember, SetDefaultPayer,
                 CreateProject, SetProjectPayer, AcceptProjectTransfer, DeclineProjectTransfer,
                 // Setting up who pays
                 SubmitAccountUpgrade, ResendVerification, ConfirmBilling, DeclineBilling, RequestBillingChange,
                 ApplyBillingChange, RequestAssistedSetup, ScheduleAssistedSetup, RecordPurchaseOrder, RecordPayment,
                 // Credits and limits
                 GrantCredit, RevokeCredit, SetSpendingLimit, RequestLimitIncrease, ApproveLimitIncrease,
                 DenyLimitIncrease, WithdrawLimitIncrease, SetBudget, RemoveBudget,
                 // The gate and usage
                 Check, PlaceHold, ExtendHold, CaptureHold, ReleaseHold, RecordUsage, ReverseCharge,
                 ReleaseQuarantinedUsage, DiscardQuarantinedUsage, AdvanceClock, ExpireDue>;

}  // namespace bursar

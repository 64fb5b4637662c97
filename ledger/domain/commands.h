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
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {

// Policy ------------------------------------------------------------------------------------------------------------

struct PublishPartner {
  std::string partner_id;
  std::string display_name;
  std::string default_region;
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
};

struct PublishPriceList {
  std::string currency;
  std::optional<absl::Time> effective_time;  // empty: now
  std::vector<ListedPrice> prices;
};

// People and organizations --------------------------------------------------------------------------------------------

struct Person {
  std::string name;
  std::string email;
  std::string postal_address;
  std::string phone;
};

struct RegisterUser {
  std::string handle;  // as typed; compared and kept in lower case
  Person person;
  std::string partner_id;  // empty: none
  std::string region;      // empty: the partner's
  std::string currency;    // of the personal billing account
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

struct SetDefaultPayer {
  UserId user;
  BillingAccountId billing_account;
};

struct CreateProject {
  UserId user;
  std::string name;
  BillingAccountId bill_to;  // empty: the user's default payer
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
};

struct DenyLimitIncrease {
  IncreaseId increase;
  std::string reason;
};

// The gate ------------------------------------------------------------------------------------------------------------

// What a platform wants to do, and who is to pay for it.
struct GatedAction {
  std::string action;
  UserId user;
  ProjectId project;         // empty: outside any project
  BillingAccountId bill_to;  // empty: the project's payer, else the user's default
  Money cost;                // estimated; zero where it is not known or free
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
    std::variant<PublishPartner, PublishPromotion, PublishTerms, PublishActionCatalogue, PublishPriceList, RegisterUser,
                 CreateOrganization, InviteMember, AcceptInvitation, SetMemberAccess, SetDefaultPayer, CreateProject,
                 SubmitAccountUpgrade, ResendVerification, ConfirmBilling, RecordPayment, GrantCredit, SetSpendingLimit,
                 RequestLimitIncrease, ApproveLimitIncrease, DenyLimitIncrease, Check, PlaceHold, ExtendHold,
                 CaptureHold, ReleaseHold, RecordUsage, AdvanceClock, ExpireDue>;

}  // namespace bursar

// All that deciding needs to know, in memory. Only Evolve changes it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/account.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/hold.h"
#include "ledger/domain/people.h"
#include "ledger/domain/policy.h"

namespace bursar {

struct LimitIncrease {
  enum class Status { kPending, kApproved, kDenied, kSuperseded, kWithdrawn, kExpired };
  IncreaseId id;
  BillingAccountId account;
  UserId requester;
  Money requested_limit;
  Money limit_at_request;
  Money approved_limit;
  std::string purchase_order;
  std::string reason;
  std::string decided_by;
  std::string decision_note;
  absl::Time request_time;
  absl::Time decision_time;
  // When nobody can agree to it any more; InfiniteFuture: never.
  absl::Time expire_time = absl::InfiniteFuture();
  // Once approved: when the limit falls back, and to what; InfiniteFuture: never.
  absl::Time end_time = absl::InfiniteFuture();
  Money limit_afterwards;
  Status status = Status::kPending;
};

// A denial that was written, remembered for a minute so that one like it is not written again.
struct RecentDenial {
  Position position = 0;
  absl::Time time;
};

// A usage record that cannot be right. Open ones only.
struct QuarantinedUsage {
  QuarantineId id;
  BillingAccountId account;
  UserId user;
  ProjectId project;
  Metered metered;
  std::string problem;
  absl::Time record_time;
};

// What a sponsorship has paid for one payer in one month, and holds.
struct SponsorUse {
  Window month;
  Money used;
  // Of holds that count towards this month.
  Money held;
};

// Something that time alone will bring about.
struct Due {
  enum class Kind {
    kHoldExpires,
    kCreditTakesEffect,
    kCreditExpires,
    kVerificationReminds,
    kSlotStarts,
    kSlotEnds,
    kIncreaseExpires,
    kIncreaseEnds,
  };
  absl::Time time;
  Kind kind = Kind::kHoldExpires;
  // Of the hold, credit, assisted set-up or increase; of the entry that mailed the link.
  uint64_t number = 0;

  friend bool operator<(const Due& a, const Due& b) {
    return std::tie(a.time, a.kind, a.number) < std::tie(b.time, b.kind, b.number);
  }
};

class State {
 public:
  // Where the log stands that this state follows from.
  Position position = 0;
  absl::Time time = absl::UnixEpoch();
  // Whether a manual clock has run on this ledger, whose times may be ahead of the system's.
  bool had_manual_clock = false;

  Policy policy;
  absl::node_hash_map<UserId, User> users;
  // Lower-case e-mail addresses; those of merged users lead to who they are now.
  absl::flat_hash_map<std::string, UserId> user_of_email;
  absl::flat_hash_map<std::pair<std::string, std::string>, UserId> user_of_identity;
  absl::node_hash_map<OrganizationId, Organization> organizations;
  absl::node_hash_map<BillingAccountId, BillingAccount> accounts;
  absl::flat_hash_map<ProjectId, Project> projects;
  absl::flat_hash_map<CreditId, BillingAccountId> account_of_credit;
  // Open holds only.
  absl::flat_hash_map<HoldId, Hold> holds;
  absl::flat_hash_map<HoldId, ExpiredHold> expired_holds;
  // Open holds that hold nothing any more, by account, but for those whose platforms have been told to stop the work.
  absl::btree_set<std::pair<BillingAccountId, HoldId>> spent_holds;
  absl::flat_hash_map<IncreaseId, LimitIncrease> increases;
  absl::flat_hash_map<BudgetId, BillingAccountId> account_of_budget;
  absl::flat_hash_map<BillingChangeId, BillingChange> billing_changes;
  absl::flat_hash_map<AssistedSetupId, AssistedSetup> assisted_setups;
  // By the number of the entry that mailed each account's newest link; only while a reminder is due.
  absl::flat_hash_map<Position, BillingAccountId> account_of_reminder;
  // By the selector of each account's newest link.
  absl::flat_hash_map<std::string, BillingAccountId> account_of_link;
  std::map<PurchaseOrderId, PurchaseOrder> purchase_orders;
  // By platform id and number.
  absl::flat_hash_map<std::pair<std::string, std::string>, PurchaseOrderId> order_of_number;
  // Those that no increase rests on, by platform id: they wait for one.
  absl::btree_set<std::pair<std::string, PurchaseOrderId>> waiting_orders;
  std::map<QuarantineId, QuarantinedUsage> quarantined;
  // By sponsorship and payer.
  absl::flat_hash_map<std::pair<std::string, BillingAccountId>, SponsorUse> sponsored;
  // What has been reversed of charges, of those of which anything has.
  absl::flat_hash_map<ChargeId, Money> reversed;
  absl::flat_hash_map<std::string, RecentDenial> recent_denials;

  absl::btree_set<Due> due;
  absl::btree_set<std::pair<absl::Time, std::string>> denials_by_age;
  // By when a late capture is no longer taken.
  absl::btree_set<std::pair<absl::Time, HoldId>> expired_holds_by_age;

  // nullptr where there is none.
  const User* Find(const UserId& id) const;
  const Organization* Find(const OrganizationId& id) const;
  const BillingAccount* Find(const BillingAccountId& id) const;
  const Project* Find(ProjectId id) const;
  const Hold* Find(HoldId id) const;
  const LimitIncrease* Find(IncreaseId id) const;
  const BillingChange* Find(BillingChangeId id) const;
  const AssistedSetup* Find(AssistedSetupId id) const;

  // Who a user is now: itself, or whom it was merged into. Also for a user that there is not.
  UserId Present(const UserId& id) const;
  BillingAccountId Present(const BillingAccountId& id) const;

  // When ExpireDue will next have something to do; InfiniteFuture where nothing is due ever.
  absl::Time NextDue() const;

  // All of the state in one order that does not depend on the process: equal states have equal bytes.
  std::string Canonical() const;
};

}  // namespace bursar

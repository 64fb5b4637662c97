// All that deciding needs to know, in memory. Only Evolve changes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/policy.h"

namespace bursar {

enum class UpgradeRoute { kForm, kOrganization };

// A promotion's promise to one person; there is never a second one.
struct Entitlement {
  enum class Status { kEntitled, kGranted, kLapsed };
  std::string promotion_id;
  Money amount;
  std::string currency;
  Status status = Status::kEntitled;
  std::string lapse_reason;
};

struct User {
  UserId id;
  Person person;
  std::string partner_id;
  std::string region;
  BillingAccountId default_payer;
  std::optional<UpgradeRoute> upgraded;
  std::optional<Entitlement> entitlement;
};

struct Organization {
  OrganizationId id;
  std::string name;
  bool hides_admins = false;
  // Ordered, so that lists of admins read the same everywhere.
  std::map<UserId, MemberAccess> members;
  std::map<UserId, MemberAccess> invitations;

  const MemberAccess* Member(const UserId& user) const;
  std::vector<UserId> Admins() const;
};

struct Project {
  ProjectId id;
  std::string name;
  UserId owner;
  BillingAccountId payer;
};

// Where setting up billing stands. A link is a selector and a secret; only the newest one of an account is alive.
struct BillingSetup {
  enum class Status { kNone, kPending, kConfirmed };
  Status status = Status::kNone;
  // As submitted last.
  Person contact;
  std::string terms_version;
  std::string pricing_version;
  // As confirmed by the contact's link.
  Person confirmed_contact;
  // The link mailed last.
  std::string selector;
  std::string secret_hash;
  absl::Time sent_time;
  absl::Time expire_time;
  // The entry in which the link was used; 0 before.
  Position confirmed_at = 0;
};

struct BillingAccount {
  BillingAccountId id;
  std::string currency;
  BillingSetup setup;
  Balance balance;
  // The open limit increase; none: empty.
  IncreaseId open_increase;
  // Funds after the last grant, payment or rise of the limit; thresholds are parts of it.
  Money funds_base;
  // The highest threshold that funds have crossed; 0 for none.
  int32_t crossed_percent = 0;
  // What rounding left over, by divisor: in micros / divisor.
  std::map<int64_t, int64_t> remainders;
  // Charges of the last thirty days, by day since 1970 in UTC.
  std::map<int64_t, Money> charged_by_day;
};

struct Hold {
  HoldId id;
  BillingAccountId account;
  UserId user;
  ProjectId project;
  std::string action;
  std::string category;
  // In burn order; together what is still held.
  std::vector<std::pair<CreditId, Money>> parts;
  absl::Time expire_time;

  Money Held() const;
};

struct LimitIncrease {
  enum class Status { kPending, kApproved, kDenied, kSuperseded };
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
  Status status = Status::kPending;
};

// A denial that was written, remembered for a minute so that the same one is not written again.
struct RecentDenial {
  Position position = 0;
  absl::Time time;
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
  // Lower-case e-mail addresses.
  absl::flat_hash_map<std::string, UserId> user_of_email;
  absl::node_hash_map<OrganizationId, Organization> organizations;
  absl::node_hash_map<BillingAccountId, BillingAccount> accounts;
  absl::flat_hash_map<ProjectId, Project> projects;
  absl::flat_hash_map<CreditId, BillingAccountId> account_of_credit;
  // Open holds only.
  absl::flat_hash_map<HoldId, Hold> holds;
  absl::flat_hash_map<IncreaseId, LimitIncrease> increases;
  // By the selector of each account's newest link.
  absl::flat_hash_map<std::string, BillingAccountId> account_of_link;
  absl::flat_hash_map<std::string, RecentDenial> recent_denials;

  // What time will bring about next.
  absl::btree_set<std::pair<absl::Time, HoldId>> holds_by_expiry;
  absl::btree_set<std::pair<absl::Time, CreditId>> credits_by_expiry;
  absl::btree_set<std::pair<absl::Time, std::string>> denials_by_age;

  // nullptr where there is none.
  const User* Find(const UserId& id) const;
  const Organization* Find(const OrganizationId& id) const;
  const BillingAccount* Find(const BillingAccountId& id) const;
  const Project* Find(ProjectId id) const;
  const Hold* Find(HoldId id) const;
  const LimitIncrease* Find(IncreaseId id) const;

  // When ExpireDue will next have something to do; InfiniteFuture where nothing is due ever.
  absl::Time NextDue() const;

  // All of the state in one order that does not depend on the process: equal states have equal bytes.
  std::string Canonical() const;
};

}  // namespace bursar

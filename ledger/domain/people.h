// Users, organizations and projects as the state keeps them. Only Evolve changes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/money.h"

namespace bursar {

enum class UpgradeRoute { kForm, kOrganization, kAssisted, kInternal };

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
  enum class Status { kActive, kClosed, kMerged };
  UserId id;
  Person person;
  // Besides a password, in the order in which they were linked.
  std::vector<Identity> identities;
  std::string partner_id;
  std::string region;
  BillingAccountId default_payer;
  std::optional<UpgradeRoute> upgraded;
  std::optional<Entitlement> entitlement;
  Status status = Status::kActive;
  // Who this person is now; empty unless merged.
  UserId merged_into;
};

struct Organization {
  OrganizationId id;
  std::string name;
  bool hides_admins = false;
  // Only admins may move its projects to another payer.
  bool restricts_transfers = false;
  // From then on its members cannot spend; InfiniteFuture: never.
  absl::Time expire_time = absl::InfiniteFuture();
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
  std::string region;
  // Who is to accept it, and who offers it; empty where it is not offered.
  BillingAccountId offered_to;
  UserId offered_by;
};

}  // namespace bursar

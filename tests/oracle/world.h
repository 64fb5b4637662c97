// What the oracle knows: people, policy, and lists of moves of money.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/types.pb.h"
#include "bursar/v1/usage.pb.h"

namespace bursar::oracle {

// Sums of micros do not overflow.
__extension__ typedef __int128 Wide;

// The most that one account may have of anything.
inline constexpr int64_t kMost = 1'000'000'000'000'000;

// People
// ----------------------------------------------------------------------------------------------------------------

struct User {
  std::string id;
  std::string name;
  std::string email;
  std::string partner;
  std::string region;
  std::string default_payer;
  v1::User::Upgrade upgrade = v1::User::UPGRADE_NOT_UPGRADED;
  std::optional<v1::Entitlement> entitlement;
  std::vector<std::pair<std::string, std::string>> identities;
  bool closed = false;
  // Who it was merged into; empty for nobody.
  std::string merged_into;
};

struct Access {
  bool admin = false;
  bool bills = false;
};

struct Organization {
  std::string id;
  std::string name;
  bool hides_admins = false;
  bool restricts_transfers = false;
  absl::Time expire = absl::InfiniteFuture();
  std::map<std::string, Access> members;
  std::map<std::string, Access> invitations;
};

struct Project {
  std::string id;
  std::string name;
  std::string owner;
  std::string payer;
  std::string region;
  std::string offered_to;
  std::string offered_by;
};

// Money
// -----------------------------------------------------------------------------------------------------------------

// Where money of a credit, or of the spending limit, can be.
enum Pot { kOutside, kAvailable, kHeld, kCharged, kExpired, kRevoked, kMoved, kPots };

struct Credit {
  uint64_t number = 0;
  int64_t granted = 0;
  int32_t priority = 0;
  absl::Time effective = absl::InfinitePast();
  absl::Time expire = absl::InfiniteFuture();
  std::vector<std::string> actions;
  std::string reason;
  std::string granted_by;
  bool prepaid = false;
  bool promotion = false;
  // Whether it was seen to take effect.
  bool counted = false;
  bool revoked = false;
  bool over = false;
  // Whether it was handed on to a survivor's account.
  bool gone = false;

  bool PaysFor(const std::string& action) const;
  bool InForce(absl::Time now) const { return effective <= now && now < expire && !over && !revoked && !gone; }
};

// So much went from one pot of a lot to another one. Lot 0 is the spending limit, whose kCharged is what is owed; lot n
// is the credit n-1 of the account.
struct Move {
  size_t lot = 0;
  Pot from = kOutside;
  Pot to = kOutside;
  int64_t micros = 0;
};

// By lot and pot.
using Sums = std::vector<std::array<Wide, kPots>>;

// So much of a lot.
struct Piece {
  size_t lot = 0;
  int64_t micros = 0;
};
Wide Total(const std::vector<Piece>& pieces);

struct Budget {
  uint64_t number = 0;
  std::string user;
  std::string project;
  std::string category;
  int64_t limit = 0;
  v1::Budget::Period period = v1::Budget::PERIOD_UNSPECIFIED;
  std::string zone;
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
  // In that window.
  Wide used = 0;

  bool Counts(const std::string& user_id, const std::string& project_id, const std::string& in_category) const;
  Wide UsedAt(absl::Time now) const { return now < end ? used : 0; }
};

struct Account {
  std::string id;
  std::string currency;
  std::vector<Credit> credits;
  // In the order in which they were made; the oldest are kept as their sums.
  std::vector<Move> moves;
  Sums before;
  std::map<std::string, Wide> charged_by_category;
  int64_t limit = 0;
  std::vector<Budget> budgets;
  // What was cut off by rounding, by divisor.
  std::map<int64_t, Wide> remainders;

  v1::BillingSetup::Status setup = v1::BillingSetup::STATUS_NOT_SET_UP;
  std::string contact_email;
  absl::Time sent = absl::InfinitePast();
  absl::Time link_expire = absl::InfinitePast();
  std::string submitter;
  std::string terms;
  std::string pricing;
  bool confirmed = false;
  // Something that the oracle does not follow (another contact, help with setting up) may be open.
  bool setup_is_foggy = false;

  uint64_t open_increase = 0;
  // An approved increase that ends by itself.
  absl::Time limit_end = absl::InfiniteFuture();
  int64_t limit_afterwards = 0;

  int64_t base = 0;
  int percent = 0;

  void Put(size_t lot, Pot from, Pot to, int64_t micros);
  Sums Add() const;
  // nullptr where there is none.
  Credit* FindCredit(uint64_t number);
  size_t LotOf(uint64_t number) const;
  std::string NameOfLot(size_t lot) const;
};

struct Hold {
  uint64_t number = 0;
  std::string account;
  std::string user;
  std::string project;
  std::string action;
  std::string category;
  std::vector<Piece> pieces;
  absl::Time expire;
  int64_t cost_limit = 0;
  Wide captured = 0;
  std::vector<uint64_t> budgets;
  bool terminating = false;
  // What a sponsor holds beside it.
  std::string sponsorship;
  std::string sponsor;
  std::vector<Piece> sponsored;
  absl::Time month_start;
  absl::Time month_end;

  bool expired = false;
  absl::Time expired_at;
};

struct Use {
  uint64_t budget = 0;
  absl::Time start;
  absl::Time end;
};

struct Charge {
  uint64_t number = 0;
  std::string account;
  std::string category;
  std::string user;
  std::string project;
  uint64_t hold = 0;
  std::vector<Piece> pieces;
  std::vector<Use> uses;
  std::string sponsorship;
  std::string sponsor;
  std::vector<Piece> sponsored;
  absl::Time month_start;
  absl::Time month_end;
  Wide reversed = 0;
  absl::Time time;
};

struct SponsorUse {
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfinitePast();
  Wide used = 0;
  Wide held = 0;
};

struct Catalogue {
  absl::Time effective;
  uint64_t position = 0;
  std::map<std::string, v1::CatalogueAction> actions;
};

struct PriceList {
  absl::Time effective;
  uint64_t position = 0;
  std::map<std::pair<std::string, std::string>, v1::Price> prices;
};

struct Terms {
  std::string version;
  absl::Time effective;
};

struct Promotion {
  v1::Promotion policy;
  absl::Time start;
  absl::Time end;
};

struct Sponsorship {
  v1::Sponsorship policy;
  absl::Time start;
  absl::Time end;
  uint64_t position = 0;
};

struct Denial {
  uint64_t position = 0;
  absl::Time time;
};

struct World {
  std::map<std::string, User> users;
  std::map<std::string, Organization> organizations;
  std::map<std::string, Project> projects;
  std::map<std::string, Account> accounts;
  std::map<std::string, std::string> user_of_email;
  std::map<std::pair<std::string, std::string>, std::string> user_of_identity;

  std::map<uint64_t, Hold> holds;
  std::map<uint64_t, Charge> charges;
  std::map<uint64_t, v1::LimitIncrease> increases;
  std::map<uint64_t, v1::QuarantinedUsage> quarantine;
  // By credit: in whose account it is now.
  std::map<uint64_t, std::string> account_of_credit;
  std::map<std::pair<std::string, std::string>, SponsorUse> sponsor_uses;
  // What denials are on record, by what makes them alike.
  std::map<std::string, Denial> denials;

  std::map<std::string, v1::Partner> partners;
  std::map<std::string, Promotion> promotions;
  std::map<v1::Document, std::vector<Terms>> terms;
  std::vector<Catalogue> catalogues;
  std::map<std::string, std::vector<PriceList>> price_lists;
  std::vector<Sponsorship> sponsorships;

  // By token: of whose link the oracle has been told, and the answer to its use.
  std::map<std::string, std::string> account_of_token;

  // Whoever a user, or the owner of an account, is now.
  std::string Present(std::string id) const;
  User* FindUser(const std::string& id);
  Account* FindAccount(const std::string& id);
  Organization* OrganizationOf(const std::string& account);
};

// "hold-7" and 7.
std::string Name(const char* kind, uint64_t number);
uint64_t NumberOf(const std::string& id);

bool IsUser(const std::string& account);
absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace bursar::oracle

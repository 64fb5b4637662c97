// What the log says, added up by other code than the ledger's: sums of amounts by credit, hold and account, and the few
// facts about people and policy that the gate depends on. Everything is ordered, so that a workload that looks here for
// what to do next is the same in every process.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/commands.h"

namespace bursar::laws {

inline constexpr int64_t kNever = INT64_MAX;

// What `total` / `per_quantity` micros are, rounded half to even, and what that leaves over; never below zero.
std::pair<absl::int128, absl::int128> RoundedShare(absl::int128 total, int64_t per_quantity);

// Credit number (0: the spending limit) and micros.
using ModelParts = std::vector<std::pair<uint64_t, int64_t>>;

int64_t SumOf(const ModelParts& parts);
std::string Say(const ModelParts& parts);
ModelParts PartsOf(const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts);

// What moved in and out of a credit so far; where its micros are follows from that.
struct ModelCredit {
  int64_t priority = 0;
  int64_t effective_time = 0;
  int64_t expire_time = kNever;
  std::set<std::string> actions;
  bool over = false;
  bool taken_back = false;
  bool prepaid = false;

  int64_t granted = 0;
  int64_t set_aside = 0;       // by holds
  int64_t captured = 0;        // of what was set aside
  int64_t returned = 0;        // of what was set aside
  int64_t returned_late = 0;   // the same, after it had expired
  int64_t charged = 0;         // by usage
  int64_t lapsed = 0;          // when it expired
  int64_t taken = 0;           // when it was revoked
  int64_t returned_taken = 0;  // of what was set aside, after it had been revoked
  int64_t reversed = 0;        // of what was spent
  int64_t reversed_late = 0;   // of this, after it had expired
  int64_t reversed_taken = 0;  // of this, after it had been revoked

  int64_t available() const {
    return granted - set_aside + returned - charged - lapsed - taken + reversed - reversed_late - reversed_taken;
  }
  int64_t held() const { return set_aside - captured - returned - returned_late - returned_taken; }
  int64_t spent() const { return captured + charged - reversed; }
  int64_t expired() const { return returned_late + lapsed + reversed_late; }
  int64_t revoked() const { return returned_taken + taken + reversed_taken; }
  // Whether what comes back leaves it at once; what was paid in advance is paid back by an event of its own.
  bool Forfeits() const { return over && !(taken_back && prepaid); }
  // `action` empty: for anything.
  bool PaysFor(const std::string& action, int64_t now) const;
};

struct ModelAccount {
  std::string currency;
  enum class Setup { kNone, kPending, kConfirmed } setup = Setup::kNone;
  std::string selector;
  std::string secret_hash;
  int64_t link_expire_time = 0;
  uint64_t confirmed_at = 0;

  int64_t limit = 0;
  int64_t charged_on_limit = 0;  // by usage and captures
  int64_t settled = 0;
  int64_t set_aside_on_limit = 0;
  int64_t captured_on_limit = 0;
  int64_t returned_to_limit = 0;
  int64_t reversed_on_limit = 0;
  int64_t prepaid_by_reversal = 0;
  std::map<uint64_t, ModelCredit> credits;
  std::map<std::string, int64_t> charged_by_category;

  uint64_t open_increase = 0;
  // Funds after the last grant, payment or rise of the limit that left any.
  int64_t base = 0;
  int32_t crossed_percent = 0;

  // By divisor: all that was metered (quantity * price), all that was charged for it, and what rounding left over.
  std::map<int64_t, absl::int128> metered;
  std::map<int64_t, absl::int128> charged_for_metered;
  std::map<int64_t, int64_t> remainders;

  int64_t outstanding() const { return charged_on_limit - settled - reversed_on_limit + prepaid_by_reversal; }
  int64_t held_on_limit() const { return set_aside_on_limit - captured_on_limit - returned_to_limit; }
  int64_t Funds(const std::string& action, int64_t now) const;
  ModelParts Draw(int64_t amount, const std::string& action, int64_t now) const;
};

struct ModelHold {
  std::string account;
  std::string user;
  uint64_t project = 0;
  std::string action;
  ModelParts parts;
  int64_t expire_time = 0;
};

struct ModelCharge {
  std::string account;
  uint64_t hold = 0;
  ModelParts drawn;
  std::string sponsor;
  ModelParts sponsored;
  int64_t reversed = 0;
  storage::v1::Entry entry;
};

struct ModelQuarantine {
  std::string account;
  std::string user;
  Metered metered;
};

// What a sponsor has to pay, and what bounds it.
struct ModelShare {
  int64_t amount = 0;
  int64_t wanted = 0;
  int64_t quota_left = 0;
  int64_t funds = 0;
  std::string sponsorship;
  std::string sponsor;
};

struct ModelIncrease {
  std::string account;
  std::string requester;
  int64_t requested_limit = 0;
  bool pending = true;
};

struct ModelPromise {
  std::string promotion;
  int64_t amount = 0;
  bool open = true;
};

struct ModelPriceList {
  uint64_t position = 0;
  int64_t effective_time = 0;
  std::map<std::pair<std::string, std::string>, storage::v1::PriceListPublished::Price> prices;
};

// How the gate has to answer.
struct ModelVerdict {
  // Reason of the refusal; empty where it can be judged.
  std::string refusal;
  // Every rule that is binding, in order; none: it may go ahead.
  std::vector<std::string> reasons;
  std::string payer;
  int64_t funds = 0;
};

class Model {
 public:
  std::map<std::string, ModelAccount> accounts;
  std::map<uint64_t, ModelHold> holds;  // open ones
  std::map<uint64_t, ModelIncrease> increases;
  std::map<uint64_t, ModelCharge> charges;
  std::map<uint64_t, ModelQuarantine> quarantined;
  std::map<std::string, std::string> partner_of_user;
  std::vector<storage::v1::SponsorshipPublished> sponsorships;
  // By sponsorship and payer: the month's first instant, and what was paid in it.
  std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>> sponsored;
  std::map<std::string, std::string> default_payers;  // of all users
  std::map<std::string, std::map<std::string, MemberAccess>> members;
  std::map<std::string, std::map<std::string, MemberAccess>> invitations;
  std::map<uint64_t, std::string> projects;  // with their payers
  std::map<std::string, ModelPromise> promises;
  std::map<std::string, storage::v1::PromotionPublished> promotions;
  std::set<std::string> partners;
  std::map<std::string, std::vector<ModelPriceList>> price_lists;
  std::vector<storage::v1::ActionCataloguePublished> catalogues;

  void Apply(const storage::v1::Event& event, const storage::v1::Entry& entry);

  const storage::v1::ActionCataloguePublished::Action* Action(const std::string& name, int64_t now) const;
  const storage::v1::PriceListPublished::Price* Price(const std::string& currency, const std::string& sku,
                                                      const std::string& region, int64_t time,
                                                      uint64_t* list = nullptr) const;
  bool MayBill(const std::string& user, const std::string& account) const;
  std::string PayerOf(const std::string& user, uint64_t project, const std::string& bill_to) const;
  // The sponsor's part of what usage costs.
  ModelShare ShareOf(const std::string& payer, const std::string& user, const std::string& sku, int64_t usage_time,
                     int64_t cost, int64_t now) const;
  ModelVerdict Judge(const GatedAction& asked, bool hold, int64_t now) const;
  // The rules about money alone, in the order of their reasons.
  std::vector<std::string> JudgeFunds(const ModelAccount& payer, const std::string& action, int64_t cost,
                                      int64_t now) const;

 private:
  void SetAside(ModelAccount& account, const ModelParts& parts);
  void Return(ModelAccount& account, const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts);
  template <class ReversingEvent>
  void Reverse(const ReversingEvent& event);
  void Pay(ModelAccount& account, const ModelParts& drawn, const std::string& category);
  void Meter(ModelAccount& account, const storage::v1::MeteredQuantity& metered, int64_t amount);
};

}  // namespace bursar::laws

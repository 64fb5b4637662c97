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
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"

namespace bursar::laws {

inline constexpr int64_t kNever = INT64_MAX;
// What was paid in advance burns last.
inline constexpr int64_t kLastPriority = INT64_MAX;

// What `total` / `per_quantity` micros are, rounded half to even, and what that leaves over; never below zero.
std::pair<absl::int128, absl::int128> RoundedShare(absl::int128 total, int64_t per_quantity);

// Credit number (0: the spending limit) and micros.
using ModelParts = std::vector<std::pair<uint64_t, int64_t>>;

int64_t SumOf(const ModelParts& parts);
// What sponsors pay in an entry.
int64_t SponsoredIn(const storage::v1::Entry& entry);
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
  bool promotion = false;

  int64_t granted = 0;
  int64_t set_aside = 0;       // by holds
  int64_t captured = 0;        // of what was set aside
  int64_t returned = 0;        // of what was set aside
  int64_t returned_late = 0;   // the same, after it had expired
  int64_t returned_taken = 0;  // the same, after it had been revoked
  int64_t charged = 0;         // by usage
  int64_t lapsed = 0;          // when it expired
  int64_t taken = 0;           // when it was revoked
  int64_t reversed = 0;        // of what was spent
  int64_t reversed_late = 0;   // of this, after it had expired
  int64_t reversed_taken = 0;  // of this, after it had been revoked
  int64_t moved = 0;           // to the account of the same person

  int64_t available() const {
    return granted - set_aside + returned - charged - lapsed - taken + reversed - reversed_late - reversed_taken -
           moved;
  }
  int64_t held() const { return set_aside - captured - returned - returned_late - returned_taken; }
  int64_t spent() const { return captured + charged - reversed; }
  int64_t expired() const { return returned_late + lapsed + reversed_late; }
  int64_t revoked() const { return returned_taken + taken + reversed_taken; }
  // Whether what comes back leaves it at once; what was paid in advance is paid back, and what moved is followed, by
  // events of their own.
  bool Forfeits() const { return over && moved == 0 && !(taken_back && prepaid); }
  // `action` empty: for anything.
  bool PaysFor(const std::string& action, int64_t now) const;
};

struct ModelAccount {
  std::string currency;
  enum class Setup { kNone, kPending, kConfirmed, kDeclined } setup = Setup::kNone;
  // The newest link; empty where it is dead.
  std::string selector;
  std::string secret_hash;
  int64_t link_expire_time = 0;
  // 0 where nobody is to be reminded, or not any more.
  int64_t remind_time = 0;
  // The entries in which that link was used.
  uint64_t confirmed_at = 0;
  uint64_t declined_at = 0;

  // 0 for none.
  uint64_t open_change = 0;
  bool change_of_contact = false;
  uint64_t assisted_setup = 0;
  enum class Slot { kNone, kToCome, kRunning, kMissed } slot = Slot::kNone;
  std::string slot_selector;
  int64_t slot_start = 0;
  int64_t slot_end = 0;

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

  // Of an organization.
  int64_t organization_expire_time = kNever;

  uint64_t open_increase = 0;
  // The increase that the limit falls back from, when, and to what; 0 for none.
  uint64_t ending_increase = 0;
  int64_t increase_end_time = 0;
  int64_t limit_afterwards = 0;
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
  std::string category;
  ModelParts parts;
  int64_t expire_time = 0;
  int64_t captured = 0;
  int64_t cost_limit = 0;  // 0: none
  bool terminating = false;
  int64_t late_until = 0;  // once it has expired
  std::set<uint64_t> budgets;
};

struct ModelCharge {
  uint64_t position = 0;
  int64_t time = 0;
  std::string account;
  std::string user;
  uint64_t project = 0;
  std::string category;
  int64_t amount = 0;  // that the payer pays
  uint64_t hold = 0;   // an open one, when it was captured
  ModelParts drawn;
  std::string sponsor;
  ModelParts sponsored;
  int64_t reversed = 0;  // of both
  // By budget: what of the charge it counts.
  std::map<uint64_t, int64_t> budgets;
  storage::v1::Entry entry;

  int64_t left() const { return amount + SumOf(sponsored) - reversed; }
};

struct ModelQuarantine {
  std::string account;
  std::string user;
  Metered metered;
};

// What a sponsor may have a part in: an action or a SKU; the other one is empty.
struct ModelSponsored {
  std::string payer;
  std::string user;
  std::string action;
  std::string sku;
  int64_t time = 0;
  int64_t cost = 0;
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

struct ModelBudget {
  std::string account;
  std::string user;      // empty: all
  uint64_t project = 0;  // 0: all
  std::string category;  // empty: all
  int64_t limit = 0;
  storage::v1::BudgetSet::Period period = storage::v1::BudgetSet::PERIOD_LIFE;
  std::string zone;

  template <class One>
  bool Counts(const One& one) const {
    return account == one.account && (user.empty() || user == one.user) && (project == 0 || project == one.project) &&
           (category.empty() || category == one.category);
  }
  // Whether two moments are in the same day, week or month of the zone's calendar.
  bool SamePeriod(int64_t one, int64_t other) const;
};

// What is asked of a payer who is settled.
struct ModelAsked {
  std::string account;
  std::string user;
  uint64_t project = 0;
  std::string action;
  std::string category;
  int64_t cost = 0;
  std::optional<int64_t> run_left;
};

struct ModelIncrease {
  std::string account;
  std::string requester;
  int64_t requested_limit = 0;
  int64_t expire_time = 0;
  bool pending = true;
};

struct ModelOrder {
  std::string platform_id;
  std::string number;
  std::string account;
  uint64_t increase = 0;
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
  // Of the budgets among them, in order: number and what is left.
  std::vector<std::pair<uint64_t, int64_t>> budgets;
  int64_t run_left = 0;
};

class Model {
 public:
  std::map<std::string, ModelAccount> accounts;
  std::map<uint64_t, ModelHold> holds;  // open ones
  std::map<uint64_t, ModelHold> expired_holds;
  std::map<uint64_t, ModelBudget> budgets;
  std::map<uint64_t, ModelCharge> charges;
  std::map<uint64_t, ModelQuarantine> quarantined;
  std::vector<storage::v1::SponsorshipPublished> sponsorships;
  // By sponsorship and payer: the month's first instant, and what was paid in it.
  std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>> sponsored;
  std::map<uint64_t, ModelIncrease> increases;
  std::map<uint64_t, ModelOrder> orders;
  std::map<std::string, std::string> default_payers;  // of all users
  std::map<std::string, std::string> partners_of_users;
  std::map<std::string, std::map<std::string, MemberAccess>> members;
  std::map<std::string, std::map<std::string, MemberAccess>> invitations;
  std::map<uint64_t, std::string> projects;   // with their payers
  std::map<uint64_t, std::string> offers;     // of projects, with who is to pay
  std::map<std::string, std::string> merged;  // users, and whom they are now
  std::set<std::string> closed;
  std::map<std::string, ModelPromise> promises;
  std::map<std::string, storage::v1::PromotionPublished> promotions;
  std::set<std::string> partners;
  std::map<std::string, std::vector<ModelPriceList>> price_lists;
  std::vector<storage::v1::ActionCataloguePublished> catalogues;

  void Apply(const storage::v1::Event& event, const storage::v1::Entry& entry);

  // Who a user, or a user's account, is now.
  std::string Now(std::string user) const;
  // The command, with merged users and their accounts named as they are now; but for who is to be merged.
  Command InNamesOfToday(const Command& command) const;
  Principal InNameOfToday(const Principal& principal) const;
  bool IsLastAdmin(const std::string& organization, const std::string& user) const;

  const storage::v1::ActionCataloguePublished::Action* Action(const std::string& name, int64_t now) const;
  const storage::v1::PriceListPublished::Price* Price(const std::string& currency, const std::string& sku,
                                                      const std::string& region, int64_t time,
                                                      uint64_t* list = nullptr) const;
  bool MayBill(const std::string& user, const std::string& account) const;
  // Its owner, or an admin of the organization.
  bool AnswersFor(const std::string& user, const std::string& account) const;
  std::string PayerOf(const std::string& user, uint64_t project, const std::string& bill_to) const;
  ModelVerdict Judge(const GatedAction& asked, bool hold, int64_t now) const;
  // The rules about money alone.
  ModelVerdict JudgeMoney(const ModelAsked& asked, int64_t now) const;
  ModelShare ShareOf(const ModelSponsored& what, int64_t now) const;
  int64_t UsedOf(uint64_t budget, int64_t now) const;
  int64_t HeldIn(uint64_t budget) const;
  int64_t LeftOf(uint64_t budget, int64_t now) const {
    return budgets.at(budget).limit - UsedOf(budget, now) - HeldIn(budget);
  }

 private:
  // model_billing.cc: setting up who pays, changes of it, purchase orders, and limit increases.
  void ApplyBilling(const storage::v1::Event& event, const storage::v1::Entry& entry);
  void CloseIncrease(uint64_t increase);
  void EndSetup(const std::string& account);

  // model_people.cc: who is merged, closed, removed; projects that move.
  void ApplyPeople(const storage::v1::Event& event, const storage::v1::Entry& entry);
  void Merge(const storage::v1::UsersMerged& event);
  void JoinSponsored(const std::string& from, const std::string& into);
  void MoveIn(const storage::v1::FundsMovedIn& event, const storage::v1::Entry& entry);

  // model_usage.cc: what is undone, set aside and paid for by others.
  void ApplyUndoing(const storage::v1::Event& event, const storage::v1::Entry& entry);
  template <class ReversingEvent>
  void Reverse(const ReversingEvent& event);
  void GiveBudgetsBack(const storage::v1::ChargeReversed& event, int64_t now);
  void Pay(ModelAccount& account, const ModelParts& drawn, const std::string& category);

  void Rebase(ModelAccount& account, const storage::v1::Entry& entry);
  // In all budgets that count it now.
  void CountInBudgets(ModelCharge& charge);
  void SetAside(ModelAccount& account, const ModelParts& parts);
  void Return(ModelAccount& account, const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts);
  void Meter(ModelAccount& account, const storage::v1::MeteredQuantity& metered, int64_t amount);
};

}  // namespace bursar::laws

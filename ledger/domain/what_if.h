// What would have been: the entries of a past period decided anew under another limit, another price list or another
// burn order, in a world of its own beside the one that was.
//
// What people did is what they did: the same was asked at the same times. A hold that is denied now takes its captures
// with it. Of one that is allowed now and was denied then nothing more is known: it is counted, and sets nothing aside,
// unless it is to be held until its time is out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/asked.h"
#include "ledger/domain/state.h"

namespace bursar {

struct WhatIfChange {
  // Whose decisions are counted, and whose limit and burn order it is; empty: everybody's.
  BillingAccountId account;
  // In force for the whole period: what set the limit then sets nothing now.
  std::optional<Money> limit;
  // Prices in this currency, instead of those of the same SKU and region in every price list.
  std::string currency;
  std::vector<ListedPrice> prices;
  // Priorities by which credits burn.
  std::map<CreditId, int32_t> priorities;
  // What is allowed now and was denied then is held until it expires.
  bool hold_newly_allowed = false;
  // Differences kept.
  size_t most_differences = 100;
};

// A decision that came out otherwise.
struct WhatIfDifference {
  Position position = 0;
  absl::Time time;
  BillingAccountId account;
  UserId user;
  std::string action;
  Money cost;
  bool allowed_then = false;
  // The first rule that stood in the way, and its reason; empty where it was allowed.
  std::string rule_then;
  std::string reason_then;
  bool allowed_now = false;
  std::string rule_now;
  std::string reason_now;
};

// One account in one of the two worlds.
struct WhatIfSide {
  int64_t admitted = 0;
  int64_t denied = 0;
  Money charged;
  // Parts of `charged`.
  Money charged_to_credits;
  Money charged_to_limit;
  // What left credits unspent.
  Money expired;
  // The least that might be spent on anything after some entry of the period, and at its beginning.
  std::optional<Money> lowest_funds;
  Position lowest_position = 0;
  // The first entry after which nothing was left; 0: never. The period's beginning counts as the entry before it.
  bool ran_out = false;
  Position ran_out_position = 0;
  absl::Time ran_out_time;
  Money funds_at_end;
  Money outstanding_at_end;
};

struct WhatIfAccount {
  std::string currency;
  WhatIfSide then;
  WhatIfSide now;
  // Allowed now, denied then; and what they would have set aside. Nobody knows what they would have cost.
  int64_t newly_allowed = 0;
  Money newly_allowed_cost;
  int64_t newly_denied = 0;
  // Extensions, captures and releases of holds that there are not now; what the captures charged.
  int64_t gone = 0;
  Money gone_charges;
};

struct WhatIfReport {
  int64_t entries = 0;
  int64_t differences_in_all = 0;
  // The first ones.
  std::vector<WhatIfDifference> differences;
  // Every account of which there was anything to count.
  std::map<BillingAccountId, WhatIfAccount> accounts;
  // Decisions of the period that today's rules do not make again as they stand in the log, whatever is changed.
  int64_t not_reproduced = 0;
  // What was refused now for other reasons than a hold that is not there, with the first one's position and reason.
  int64_t refused = 0;
  Position first_refused = 0;
  std::string first_refusal;
};

class WhatIf {
 public:
  // `start` is the state before the period; `read` finds earlier entries of the log.
  WhatIf(State start, WhatIfChange change, EntryReader read);

  // The next entry of the period.
  void Take(const storage::v1::Entry& entry);

  // Once all have been taken.
  WhatIfReport Finish();

  // The two worlds as they stand.
  const State& then() const { return then_; }
  const State& now() const { return now_; }

 private:
  // What one world answered to what an entry asked.
  struct Answered {
    bool refused = false;
    // Whether the gate said yes or no; nullopt where it was not asked.
    std::optional<bool> allowed;
    storage::v1::ActionDenied denial;
  };

  void Change();
  void ChangePrices();
  void ChangePriorities(Balance& balance) const;
  void KeepChanged(const storage::v1::Entry& entry);

  void LetTimePass(const storage::v1::Entry& entry);
  std::optional<Command> CauseOf(const storage::v1::Entry& entry);
  const storage::v1::Entry* EntryOfNow(Position position) const;
  Answered DecideNow(const Command& command, const storage::v1::Entry& entry, bool denied_then);
  void Follow(storage::v1::Entry entry);
  void Repeat(const storage::v1::Entry& entry);

  bool Counts(const BillingAccountId& account) const;
  WhatIfAccount& AccountOf(const BillingAccountId& id, absl::Time time);
  void Compare(const GatedAction& asked, const storage::v1::Entry& entry, const Answered& now);
  void Differ(const storage::v1::Entry& entry, const GatedAction& asked, const storage::v1::ActionDenied* then,
              const Answered& now);
  void CountMoney(const storage::v1::Entry& entry, WhatIfSide WhatIfAccount::*side);
  void MeasureFunds(const storage::v1::Entry& entry);
  void Gone(const storage::v1::Entry& entry);
  void Refused(const absl::Status& status, Position position);

  const WhatIfChange change_;
  const EntryReader read_;
  const Position first_;
  State then_;
  State now_;
  WhatIfReport report_;
  // Charges and denials of this period, as they are now: a reversal goes back to where a charge drew from, and a denial
  // may be one that stands already.
  absl::flat_hash_map<Position, storage::v1::Entry> entries_now_;
  // Accounts whose money moved, in either world, since funds were measured last.
  std::set<BillingAccountId> touched_;
};

}  // namespace bursar

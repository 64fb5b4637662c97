// Finance's books: what every billing account had at any position and time, every charge, and the trial balance.
//
// Rows are only ever added, each under the position of its entry, so that a question about the past is answered by the
// last row at or before it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/money.h"
#include "ledger/domain/postings.h"
#include "ledger/projections/store.h"
#include "ledger/projections/view.h"

namespace bursar {

// What an answer stands for: everything up to an entry, judged at a time.
struct AsOf {
  // 0 before the first entry.
  Position position = 0;
  // The entry's commit time, or the time that was asked for; InfinitePast before the first entry.
  absl::Time time = absl::InfinitePast();
};

struct AccountBalance {
  AsOf as_of;
  BillingAccountId account;
  std::string currency;
  Balance balance;
  // What may be spent on anything, judged at as_of.time; may be negative.
  Money funds;
};

struct Charge {
  ChargeId id;
  BillingAccountId account;
  std::string currency;
  // Its row: who, where, what, and what it drew from.
  storage::v1::ChargeRow row;
  // What was charged in all, and how much of it from credits and from the spending limit.
  Money amount;
  Money from_credits;
  Money from_limit;
  absl::Time time;
};

struct ChargeQuery {
  BillingAccountId account;
  // Charges from `from` on and before `to`.
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
  // Continues after this charge; empty: from the first.
  ChargeId after;
  size_t limit = 100;
};

struct ChargePage {
  AsOf as_of;
  // Oldest first.
  std::vector<Charge> charges;
  // Whether there are more after the last.
  bool more = false;
};

struct TrialBalance {
  struct Line {
    BookAccount account;
    std::string currency;
    // Debits less credits.
    Money sum;
  };
  AsOf as_of;
  // By currency, then in the order of the chart of accounts. Sums to zero per currency.
  std::vector<Line> lines;
};

// Apply is called by the one thread that follows; any thread may ask.
class Books : public View {
 public:
  // `current_balances` are kept in memory so that following needs no reads; others are read back from their rows.
  explicit Books(const Store& store, size_t current_balances = 16'384)
      : store_(store), current_balances_(current_balances) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch) override;

  // The last entry taken in.
  absl::StatusOr<AsOf> Last() const;
  // Refused as INVALID_ARGUMENT where the books are not so far.
  absl::StatusOr<AsOf> At(Position position) const;
  // Everything committed at `time` or before it, judged at `time`.
  absl::StatusOr<AsOf> At(absl::Time time) const;

  // NOT_FOUND where the account was not open yet. Takes what the three above gave.
  absl::StatusOr<AccountBalance> BalanceOf(const BillingAccountId& account, const AsOf& as_of) const;

  // The sums of all postings, of the currencies that had any.
  absl::StatusOr<TrialBalance> TrialBalanceOf(const AsOf& as_of) const;

  // Charges of one account, also of one that does not exist.
  absl::StatusOr<ChargePage> ListCharges(const ChargeQuery& query) const;

 private:
  // A balance as it stands after the last entry taken in that changed it.
  struct Current {
    // That entry. Where it is not before the one at hand, its batch was never written, and this is void.
    Position position = 0;
    std::string currency;
    Balance balance;
    // Finished credits as last written, to write only those that changed.
    absl::flat_hash_map<uint64_t, std::string> finished;
  };
  // The books of one currency, likewise.
  struct Sums {
    Position position = 0;
    std::map<BookAccount, Money> by_account;
  };

  Current& CurrentOf(const BillingAccountId& account, Position position, Batch& batch);
  Sums& SumsOf(const std::string& currency, Position position, Batch& batch);
  void ApplyToBalances(const storage::v1::Entry& entry, Batch& batch);
  void ApplyToCharges(const storage::v1::Entry& entry, Batch& batch);
  void ApplyToTrialBalance(const storage::v1::Entry& entry, Batch& batch);

  const Store& store_;
  const size_t current_balances_;
  // Of the thread that follows.
  absl::flat_hash_map<BillingAccountId, Current> current_;
  std::map<std::string, Sums> sums_;
};

}  // namespace bursar

// Finance's books: what every billing account had at any position and time, every charge and what it was for, and the
// books of each account and of all.
//
// Each part keeps rows of its own, which are only ever added, under the position of their entry: so that a question
// about the past is answered by the last row at or before it.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/projections/account_books.h"
#include "ledger/projections/balances.h"
#include "ledger/projections/charges.h"
#include "ledger/projections/moments.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/spending.h"
#include "ledger/projections/trial_balance.h"
#include "ledger/projections/view.h"

namespace bursar {

// Apply is called by the one thread that follows; any thread may ask.
class Books : public View {
 public:
  // `current_balances` are kept in memory so that following needs no reads, and a few sums for each of them.
  explicit Books(const RowStore& store, size_t current_balances = 16'384);

  void Apply(const storage::v1::Entry& entry, Batch& batch) override;

  // The last entry taken in.
  absl::StatusOr<AsOf> Last() const { return moments_.Last(); }
  // Refused as INVALID_ARGUMENT where the books are not so far.
  absl::StatusOr<AsOf> At(Position position) const { return moments_.At(position); }
  // Everything committed at `time` or before it, judged at `time`.
  absl::StatusOr<AsOf> At(absl::Time time) const { return moments_.At(time); }
  // Everything committed before `time`, judged a microsecond before it.
  absl::StatusOr<AsOf> Before(absl::Time time) const { return moments_.Before(time); }

  // NOT_FOUND where the account was not open yet. Takes what the four above gave.
  absl::StatusOr<AccountBalance> BalanceOf(const BillingAccountId& account, const AsOf& as_of) const {
    return balances_.Of(account, as_of);
  }
  absl::StatusOr<TrialBalance> TrialBalanceOf(const AsOf& as_of) const { return trial_balances_.Of(as_of); }
  absl::StatusOr<ChargePage> ListCharges(const ChargeQuery& query) const { return charges_.List(query); }

  const Balances& balances() const { return balances_; }
  const Charges& charges() const { return charges_; }
  const Spending& spending() const { return spending_; }
  const AccountBooks& accounts() const { return accounts_; }

 private:
  Moments moments_;
  Balances balances_;
  Charges charges_;
  Spending spending_;
  AccountBooks accounts_;
  TrialBalances trial_balances_;
};

}  // namespace bursar

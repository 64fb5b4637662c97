// The books of each billing account by itself: debits and credits of every account of the books, at any position.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/postings.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/running_sums.h"
#include "ledger/projections/wide_money.h"

namespace bursar {

struct BookSums {
  BookAccount account;
  WideMoney debits;
  // As a positive amount.
  WideMoney credits;

  WideMoney balance() const { return debits - credits; }
};

// Apply is called by the one thread that follows; any thread may ask.
class AccountBooks {
 public:
  AccountBooks(const RowStore& store, size_t current) : sums_(store, Table::kAccountBooks, current) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch);

  // In the order of the chart of accounts, without those that nothing was posted to by then.
  absl::StatusOr<std::vector<BookSums>> Of(const BillingAccountId& account, Position position) const;

  // All charges less what was taken back, by then.
  absl::StatusOr<WideMoney> ChargedBy(const BillingAccountId& account, Position position) const;
  // All that ever came to be owed, by then, whether paid or not.
  absl::StatusOr<WideMoney> EverOwedBy(const BillingAccountId& account, Position position) const;

  // Hands every account that was ever posted to and comes after `after` to `visit`, in the order of their ids, until it
  // says false.
  absl::Status ForEachAccount(absl::string_view after,
                              const std::function<bool(const BillingAccountId& account)>& visit) const;

 private:
  RunningSums sums_;
};

}  // namespace bursar

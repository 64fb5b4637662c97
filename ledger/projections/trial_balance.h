// The sums of all postings per currency and account of the books, at any position.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/domain/postings.h"
#include "ledger/projections/moments.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/wide_money.h"

namespace bursar {

struct TrialBalance {
  struct Line {
    BookAccount account;
    std::string currency;
    // Debits less credits.
    WideMoney sum;
  };
  AsOf as_of;
  // By currency, then in the order of the chart of accounts. Sums to zero per currency.
  std::vector<Line> lines;
};

// Apply is called by the one thread that follows; any thread may ask.
class TrialBalances {
 public:
  explicit TrialBalances(const RowStore& store) : store_(store) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch);

  // Of the currencies that had any postings.
  absl::StatusOr<TrialBalance> Of(const AsOf& as_of) const;

 private:
  // The books of one currency after the last entry taken in that posted to them.
  struct Sums {
    Position position = 0;
    std::map<BookAccount, WideMoney> by_account;
  };

  Sums& SumsOf(const std::string& currency, Position position, Batch& batch);

  const RowStore& store_;
  // Of the thread that follows.
  std::map<std::string, Sums> sums_;
};

}  // namespace bursar

// What every billing account had at any position.
//
// Rows are only ever added, each under the position of its entry, so that a question about the past is answered by the
// last row at or before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/money.h"
#include "ledger/projections/moments.h"
#include "ledger/projections/row_store.h"

namespace bursar {

struct AccountBalance {
  AsOf as_of;
  BillingAccountId account;
  std::string currency;
  Balance balance;
  // What may be spent on anything, judged at as_of.time; may be negative.
  Money funds;
};

// Apply is called by the one thread that follows; any thread may ask.
class Balances {
 public:
  // `current` of them are kept in memory so that following needs no reads; others are read back from their rows.
  Balances(const RowStore& store, size_t current) : store_(store), most_current_(current) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch);

  // NOT_FOUND where the account was not open yet.
  absl::StatusOr<AccountBalance> Of(const BillingAccountId& account, const AsOf& as_of) const;

  // ISO 4217 code; nullopt where there is no such account.
  absl::StatusOr<std::optional<std::string>> CurrencyOf(const BillingAccountId& account) const;
  // The entry that opened the account; 0 where there is none.
  absl::StatusOr<Position> OpenedAt(const BillingAccountId& account) const;

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

  Current& CurrentOf(const BillingAccountId& account, Position position, Batch& batch);

  const RowStore& store_;
  const size_t most_current_;
  // Of the thread that follows.
  absl::flat_hash_map<BillingAccountId, Current> current_;
};

}  // namespace bursar

// Every charge of every account, and whatever took one back, in the order they were made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"
#include "ledger/projections/charge_lines.h"
#include "ledger/projections/moments.h"
#include "ledger/projections/row_store.h"

namespace bursar {

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

// Apply is called by the one thread that follows; any thread may ask.
class Charges {
 public:
  // `moments` outlives it.
  Charges(const RowStore& store, const Moments& moments) : store_(store), moments_(moments) {}

  // What the entry charged and took back; kept.
  std::vector<ChargeLine> Apply(const storage::v1::Entry& entry, Batch& batch);

  // Charges of one account, also of one that does not exist. A page ends between entries only, so it may be longer than
  // its limit where one entry charged several times.
  absl::StatusOr<ChargePage> List(const ChargeQuery& query) const;

  // Hands every row of entries after `after` up to `to` to `visit`.
  absl::Status ForEach(const BillingAccountId& account, Position after, Position to,
                       const std::function<void(const storage::v1::ChargeRow& row)>& visit) const;

 private:
  const RowStore& store_;
  const Moments& moments_;
};

}  // namespace bursar

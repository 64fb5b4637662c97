// What was charged, by what charges have in common, between any two positions: of one billing account by project,
// member, SKU and category, and of all accounts of a currency by account, SKU and category.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/base/ids.h"
#include "ledger/projections/charge_lines.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/running_sums.h"
#include "ledger/projections/wide_money.h"

namespace bursar {

enum class SpendingBy : char {
  kProject = 'p',  // of one account only
  kMember = 'm',   // of one account only
  kSku = 's',      // what was metered, or the action
  kCategory = 'c',
  kAccount = 'a',  // of all accounts only
};

struct SpendingGroup {
  // A project's id (empty outside any), a user's id, a SKU, a category or an account's id.
  std::string key;
  // Less what was taken back.
  WideMoney amount;
};

// Entries after `after` up to `to`.
struct SpendingSpan {
  Position after = 0;
  Position to = 0;
};

// Apply is called by the one thread that follows; any thread may ask.
class Spending {
 public:
  Spending(const RowStore& store, size_t current) : sums_(store, Table::kSpending, current) {}

  void Apply(const std::vector<ChargeLine>& lines, Position position, Batch& batch);

  // `whose` is a billing account, or a currency for all accounts of it. In the order of the keys, without groups of
  // nothing.
  absl::StatusOr<std::vector<SpendingGroup>> By(SpendingBy by, absl::string_view whose, const SpendingSpan& span) const;

  // Everything between each two of these positions in turn, which do not decrease.
  absl::StatusOr<std::vector<WideMoney>> Between(absl::string_view whose, const std::vector<Position>& positions) const;

 private:
  RunningSums sums_;
};

}  // namespace bursar

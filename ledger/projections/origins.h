// Where the numbers of a decision come from: the entries that set limits, budgets and access, extended holds, granted
// promotions, published catalogues, and made up what is outstanding.
//
// Rows are only ever added, each under the position of its entry, so that the past can be asked: `at` is the last entry
// that counts.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/view.h"

namespace bursar {

// An entry that added to what is outstanding, and how much of that was not paid.
struct Debt {
  Position position = 0;
  Money unpaid;
};

struct Debts {
  // Oldest first.
  std::vector<Debt> oldest;
  size_t count = 0;
  // Of all of them.
  Money total;
  // False where there were too many to look at; `oldest` are then the oldest of those.
  bool complete = true;
};

// Apply is called by the one thread that follows; any thread may ask.
class Origins : public View {
 public:
  explicit Origins(const RowStore& store) : store_(store) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch) override;

  // Each gives 0 where there is none.
  absl::StatusOr<Position> LimitOf(const BillingAccountId& account, Position at) const;
  absl::StatusOr<Position> BudgetOf(const BillingAccountId& account, BudgetId budget, Position at) const;
  // Of a member's access to an organization.
  absl::StatusOr<Position> AccessOf(const OrganizationId& organization, const UserId& user, Position at) const;
  // Of the promotion that a credit was granted by.
  absl::StatusOr<Position> PromotionOf(CreditId credit) const;
  // Of the action catalogue that applied at `time`.
  absl::StatusOr<Position> CatalogueOf(absl::Time time, Position at) const;
  // Of the payer of a project: its making, or when it was moved.
  absl::StatusOr<Position> PayerOf(ProjectId project, Position at) const;

  // The entries by which a hold came to hold more or longer, oldest first.
  absl::StatusOr<std::vector<Position>> ExtensionsOf(HoldId hold, Position at) const;

  // What makes up `outstanding`, where payments settle what is oldest first; at most so many in `oldest`.
  absl::StatusOr<Debts> DebtsOf(const BillingAccountId& account, Money outstanding, Position at, size_t most) const;

 private:
  absl::StatusOr<Position> Last(const std::string& key, Position at) const;

  const RowStore& store_;
};

}  // namespace bursar

#include "ledger/projections/books.h"

namespace bursar {
namespace {

// Sums that are looked at for a balance: of the books, and of spending by project, member, SKU and category.
constexpr size_t kSumsPerBalance = 4;

}  // namespace

Books::Books(const RowStore& store, size_t current_balances)
    : moments_(store),
      balances_(store, current_balances),
      charges_(store, moments_),
      spending_(store, kSumsPerBalance * current_balances),
      accounts_(store, kSumsPerBalance * current_balances),
      trial_balances_(store) {}

void Books::Apply(const storage::v1::Entry& entry, Batch& batch) {
  moments_.Apply(entry, batch);
  balances_.Apply(entry, batch);
  spending_.Apply(charges_.Apply(entry, batch), entry.position(), batch);
  accounts_.Apply(entry, batch);
  trial_balances_.Apply(entry, batch);
}

}  // namespace bursar

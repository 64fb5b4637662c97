#include "ledger/projections/aging.h"

#include <algorithm>

namespace bursar {

// As the oldest is settled first, what is owed is what came to be owed last.
absl::StatusOr<Aging> AgingOf(const Books& books, const BillingAccountId& account, const AsOf& as_of) {
  const absl::StatusOr<AccountBalance> balance = books.BalanceOf(account, as_of);
  if (!balance.ok()) return balance.status();
  Aging aging{.account = account, .currency = balance->currency, .outstanding = balance->balance.outstanding};
  WideMoney left = aging.outstanding;
  absl::StatusOr<WideMoney> ever = books.accounts().EverOwedBy(account, as_of.position);
  for (size_t age = 0; age + 1 < aging.by_age.size() && left > WideMoney(); ++age) {
    if (!ever.ok()) return ever.status();
    const absl::StatusOr<AsOf> before = books.Before(as_of.time - absl::Hours(24 * 30 * (age + 1)));
    if (!before.ok()) return before.status();
    const absl::StatusOr<WideMoney> earlier = books.accounts().EverOwedBy(account, before->position);
    if (!earlier.ok()) return earlier.status();
    const WideMoney share = std::min(left, *ever - *earlier);
    aging.by_age[age] = share.Nearest();
    left -= share;
    ever = earlier;
  }
  aging.by_age.back() = left.Nearest();
  return aging;
}

}  // namespace bursar

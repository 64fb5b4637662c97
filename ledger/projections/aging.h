// What an account owes, by how long it has been owed. Whatever settles debt settles what is oldest.
#pragma once

#include <array>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"
#include "ledger/projections/books.h"

namespace bursar {

struct Aging {
  BillingAccountId account;
  std::string currency;
  Money outstanding;
  // Charged within the last 30 days; more than 30, 60 and 90 days ago. Adds up to what is outstanding.
  std::array<Money, 4> by_age;
};

// NOT_FOUND where the account was not open yet.
absl::StatusOr<Aging> AgingOf(const Books& books, const BillingAccountId& account, const AsOf& as_of);

}  // namespace bursar

// What the server says in the end.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/finance.pb.h"

namespace bursar::day {

struct Books {
  // By id.
  std::unordered_map<std::string, v1::BillingAccountSummary> accounts;
  v1::GetTrialBalanceResponse trial_balance;
  // Who owes, and for how long.
  std::vector<v1::Aging> aging;
  int64_t messages = 0;
  int64_t messages_to_operators = 0;

  // Debits less credits of one account of the books, in one currency.
  int64_t Of(const std::string& book_account, const std::string& currency) const;
};

// As of this position or a later one.
absl::StatusOr<Books> ReadBooks(const std::string& server, uint64_t position);

// Whether nobody has an account there yet.
absl::StatusOr<bool> IsEmpty(const std::string& server);

}  // namespace bursar::day

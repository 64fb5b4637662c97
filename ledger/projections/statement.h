// A billing account's month: what it had and owed, everything that moved, what it had and owed then. It adds up, or it
// is no statement.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"
#include "ledger/projections/books.h"

namespace bursar {

struct StatementQuery {
  BillingAccountId account;
  absl::CivilMonth month;
  // In which the month begins and ends.
  absl::TimeZone zone;
  // Where the books end for this statement: of a month that is not over, it is the closing.
  AsOf last;
};

// What an account had and owed at an end of the month.
struct StatementBalance {
  Position position = 0;
  // Not yet spent, also what is held.
  Money credits;
  Money outstanding;
  Money held;
  Money limit;
  Money funds;

  Money net() const { return credits - outstanding; }
};

// Charges of the month that belong to an earlier one.
struct Adjustment {
  enum class Kind { kLateUsage, kReversal };
  absl::CivilMonth month;
  Kind kind = Kind::kLateUsage;
  std::string user_id;
  ProjectId project;
  std::string sku;
  std::string category;
  Money amount;
  int64_t count = 0;
};

struct StatementGroup {
  std::string key;
  Money amount;
};

struct Statement {
  BillingAccountId account;
  std::string currency;
  absl::CivilMonth month;
  absl::Time start;
  // First instant after what is covered.
  absl::Time end;
  // Whether the month is over.
  bool closed = false;
  StatementBalance opening;
  StatementBalance closing;
  // Of this month, less what was taken back of that.
  Money charges;
  // Of earlier months, less what was taken back of those.
  Money adjustments_sum;
  Money payments;
  Money granted;
  Money expired;
  Money revoked;
  Money other;
  // Charges of this month, each list adding up to `charges`; largest first, days in order.
  std::vector<StatementGroup> by_project;
  std::vector<StatementGroup> by_member;
  std::vector<StatementGroup> by_sku;
  std::vector<StatementGroup> by_category;
  std::vector<StatementGroup> by_day;
  // The earliest month first.
  std::vector<Adjustment> adjustments;

  // What moved: closing.net() - opening.net().
  Money Moved() const { return payments + granted - expired - revoked + other - charges - adjustments_sum; }
};

// NOT_FOUND where the account was not open by the end of the month; DATA_LOSS where the books do not add up.
absl::StatusOr<Statement> StatementOf(const Books& books, const StatementQuery& query);

}  // namespace bursar

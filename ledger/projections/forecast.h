// When funds will run out, if spending goes on as it has.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"
#include "ledger/projections/books.h"

namespace bursar {

// What was spent in a while.
struct Burn {
  int days = 0;
  Money charged;
  // The part of those days that the account has been there, at least one day.
  absl::Duration span;

  Money per_day() const;
};

struct Forecast {
  enum class Outlook { kNever, kAlready, kDated };
  AsOf as_of;
  BillingAccountId account;
  std::string currency;
  Money funds;
  Outlook outlook = Outlook::kNever;
  // Of the last 7 and the last 30 days.
  std::array<Burn, 2> burns;
  // At the pace of each; nullopt: never.
  std::array<std::optional<absl::Time>, 2> run_out;
  // Where there is a date: the earlier of the two, that of the pace in the middle between them, and the later of the
  // two, which may be never.
  absl::Time earliest;
  absl::Time expected;
  std::optional<absl::Time> latest;
};

// A pure function of the numbers: fills in what follows from `funds`, `burns` and `as_of`.
void Foresee(Forecast& forecast);

// NOT_FOUND where the account was not open yet.
absl::StatusOr<Forecast> ForecastOf(const Books& books, const BillingAccountId& account, const AsOf& as_of);

}  // namespace bursar

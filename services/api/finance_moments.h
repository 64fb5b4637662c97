// What all questions to the books have in common: whose, as of when, and that the books have come so far. Internal to
// FinanceService.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/ledger.h"
#include "ledger/projections/books.h"
#include "services/api/call.h"
#include "services/api/requests.h"

namespace bursar {

// What a reader of the books has to know of the durable state.
struct Standpoint {
  // Empty: all accounts.
  BillingAccountId account;
  Position position = 0;
  absl::Time now;
};

// The account that is asked about, where the caller may see it; the default payer where none is named.
absl::StatusOr<Standpoint> StandpointOf(const Ledger& ledger, const Call& call, const std::string& account);

// All accounts where none is named: finance and operators may see them.
absl::StatusOr<Standpoint> StandpointOfAll(const Ledger& ledger, const Call& call);
inline absl::StatusOr<Standpoint> StandpointOfAccountOrAll(const Ledger& ledger, const Call& call,
                                                           const std::string& account) {
  return account.empty() ? StandpointOfAll(ledger, call) : StandpointOf(ledger, call, account);
}

// The books, when they have come to `position`.
absl::StatusOr<const Books*> BooksAt(const Ledger& ledger, Position position, absl::Time deadline);

absl::StatusOr<AsOf> AsOfPosition(const Books& books, Position asked, Position last);
absl::StatusOr<AsOf> AsOfTime(const Books& books, absl::Time asked, absl::Time now);

// Of requests that name a moment; the last entry, judged now, where they name none.
template <class Request>
absl::StatusOr<AsOf> AsOfAsked(const Books& books, const Request& request, const Standpoint& standpoint) {
  switch (request.as_of_case()) {
    case Request::kAtPosition:
      return AsOfPosition(books, request.at_position(), standpoint.position);
    case Request::kAtTime:
      return AsOfTime(books, ParseTime(request.at_time()), standpoint.now);
    case Request::AS_OF_NOT_SET:
      break;
  }
  return AsOf{.position = standpoint.position, .time = standpoint.now};
}

// The zone of this name, UTC where there is none; INVALID_FIELD where the name is not known.
absl::StatusOr<absl::TimeZone> TimeZoneOf(const std::string& name);

}  // namespace bursar

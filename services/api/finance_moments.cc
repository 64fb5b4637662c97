#include "services/api/finance_moments.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "ledger/domain/permissions.h"

namespace bursar {
namespace {

// "Europe/Berlin", "Etc/GMT+5". The name becomes a path.
bool IsZoneName(absl::string_view name) {
  const bool known = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
  return known && name.size() <= 64 && absl::ascii_isalpha(name[0]);
}

}  // namespace

absl::StatusOr<Standpoint> StandpointOf(const Ledger& ledger, const Call& call, const std::string& account) {
  return FromState<Standpoint>(ledger, [&](const State& state, absl::Time now) -> absl::StatusOr<Standpoint> {
    const auto id = AccountOrDefault(state, call, account);
    if (!id.ok()) return id.status();
    if (auto status = MayReadAccount(state, call.principal, *id); !status.ok()) return status;
    if (state.Find(*id) == nullptr) return BillingAccountNotFound(*id);
    return Standpoint{.account = *id, .position = state.position, .now = now};
  });
}

absl::StatusOr<Standpoint> StandpointOfAll(const Ledger& ledger, const Call& call) {
  if (call.principal.role != Role::kFinance && call.principal.role != Role::kOperator) {
    return PermissionDenied("read the books of all accounts");
  }
  return FromState<Standpoint>(ledger, [](const State& state, absl::Time now) -> absl::StatusOr<Standpoint> {
    return Standpoint{.position = state.position, .now = now};
  });
}

absl::StatusOr<const Books*> BooksAt(const Ledger& ledger, Position position, absl::Time deadline) {
  constexpr absl::Duration kLongest = absl::Seconds(10);
  if (!ledger.WaitForProjections(position, std::min(deadline, absl::Now() + kLongest)).ok()) {
    return LedgerUnavailable("its books are behind");
  }
  return &ledger.projections().books();
}

absl::StatusOr<AsOf> AsOfPosition(const Books& books, Position asked, Position last) {
  if (asked > last) return InvalidField("at_position", absl::StrCat("lies beyond the last entry, ", last));
  return books.At(asked);
}

absl::StatusOr<AsOf> AsOfTime(const Books& books, absl::Time asked, absl::Time now) {
  if (asked > now) return InvalidField("at_time", "must not lie in the future");
  return books.At(asked);
}

absl::StatusOr<absl::TimeZone> TimeZoneOf(const std::string& name) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (name.empty()) return zone;
  if (!IsZoneName(name) || !absl::LoadTimeZone(name, &zone)) {
    return InvalidField("time_zone", "has to be a time zone by its name, as in \"Europe/Berlin\"");
  }
  return zone;
}

}  // namespace bursar

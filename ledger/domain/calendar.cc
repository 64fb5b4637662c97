#include "ledger/domain/calendar.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

// The first day of the period that `day` lies in.
absl::CivilDay FirstDay(BudgetPeriod period, absl::CivilDay day) {
  switch (period) {
    case BudgetPeriod::kDay:
      return day;
    case BudgetPeriod::kWeek:
      return absl::PrevWeekday(day + 1, absl::Weekday::monday);
    case BudgetPeriod::kMonth:
      return absl::CivilDay(absl::CivilMonth(day));
    case BudgetPeriod::kLife:
      break;
  }
  BURSAR_CHECK(!"all time has no first day");
}

// The first day of the period after the one that begins with `first`.
absl::CivilDay NextFirstDay(BudgetPeriod period, absl::CivilDay first) {
  switch (period) {
    case BudgetPeriod::kDay:
      return first + 1;
    case BudgetPeriod::kWeek:
      return first + 7;
    case BudgetPeriod::kMonth:
      return absl::CivilDay(absl::CivilMonth(first) + 1);
    case BudgetPeriod::kLife:
      break;
  }
  BURSAR_CHECK(!"all time has no end");
}

// Midnight; the first of two, or where the clocks were put forward over it, the instant at which they were.
absl::Time FirstInstant(absl::CivilDay day, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(day));
  return midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre;
}

}  // namespace

std::optional<absl::TimeZone> FindZone(const std::string& name) {
  // What the library knows besides IANA's names: the machine's own zone, files, and offsets.
  const bool is_name = !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name.front())) &&
                       name.find_first_of(".:") == std::string::npos && name != "localtime" &&
                       !absl::StartsWith(name, "Fixed/");
  absl::TimeZone zone;
  if (!is_name || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
}

Window WindowOf(BudgetPeriod period, absl::TimeZone zone, absl::Time time) {
  if (period == BudgetPeriod::kLife) return {};
  absl::CivilDay first = FirstDay(period, absl::ToCivilDay(time, zone));
  Window window;
  do {
    const absl::CivilDay next = NextFirstDay(period, first);
    window = {.start = FirstInstant(first, zone), .end = FirstInstant(next, zone)};
    first = next;
  } while (time >= window.end);
  return window;
}

}  // namespace bursar

// Calendar days, weeks and months of a time zone, as stretches of time without gaps between them.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "ledger/domain/account.h"
#include "ledger/domain/commands.h"

namespace bursar {

// The zone with this IANA name; nullopt where there is none.
//
// The tables of time zones are the one thing outside state and command that deciding looks at, and they change. So what
// follows from them, the window, is written into the event, and neither judging nor replay needs them.
std::optional<absl::TimeZone> FindZone(const std::string& name);

// The window that `time` lies in: a day, a week from Monday, a month, or all time. It begins with the first instant of
// its first day, whether or not that day has a midnight; where clocks are put back beyond a midnight, what had begun
// goes on.
Window WindowOf(BudgetPeriod period, absl::TimeZone zone, absl::Time time);

}  // namespace bursar

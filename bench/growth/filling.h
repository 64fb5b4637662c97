// A log with the history of so many billing accounts, as the rules themselves would have written it.
#pragma once

#include <cstdint>

#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"

namespace bursar::growth {

// Fills an empty log. Each account belongs to a person who has registered with a partner, set up billing, been granted
// a credit that expires and been charged once; every tenth has an open hold, and every hundredth an organization with
// two more members. Returns the number of entries.
Position Fill(EventLog& log, int64_t accounts);

// The n-th person of a filled log, from 0.
UserId NthUser(int64_t n);

inline constexpr char kAction[] = "analysis.run";

}  // namespace bursar::growth

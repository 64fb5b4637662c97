// A data folder that is made of a log, and is there whole or not at all.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "ledger/archive/log_source.h"
#include "ledger/log/event_log.h"

namespace bursar::cli {

// `fill` appends to the log, which is empty; what it appends becomes durable at the end. ALREADY_EXISTS where the
// folder holds anything but a link.key. An interruption leaves <folder>.part behind at most, which the next one
// removes.
absl::Status MakeStoreOf(const std::string& folder, const LogIdentity& identity,
                         const std::function<absl::Status(EventLog& log)>& fill);

}  // namespace bursar::cli

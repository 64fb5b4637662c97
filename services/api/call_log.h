// One line of JSON on the standard error for each call that failed. No personal data, no request bodies.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/api/call.h"

namespace bursar {

void LogFailure(const Call& call, const absl::Status& status, absl::Duration took);

// Turns the lines off and on; on at the start. Tests of bad input would drown in them.
void SetCallLog(bool on);

}  // namespace bursar

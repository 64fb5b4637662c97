// What deciding would answer; nothing is written.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/domain/state.h"
#include "ledger/engine/head.h"
#include "ledger/engine/submission.h"

namespace bursar {

// On this state, in which nothing is due by `now`. For a submission that was not answered before.
absl::StatusOr<Outcome> RehearseOn(const State& state, const Submission& submission, absl::Time now);

}  // namespace bursar

// The watching of funds.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "bursar/v1/gate.pb.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"
#include "services/api/watch.h"

namespace bursar {

// `ledger` outlives the watch.
absl::StatusOr<std::unique_ptr<Watch>> OpenFundsWatch(const Ledger& ledger, const Call& call,
                                                      const v1::WatchFundsRequest& request);

}  // namespace bursar

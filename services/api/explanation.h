// How an explanation is shown to clients, with the entries that its numbers come from.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/explain.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"

namespace bursar {

// All that the state says; `position` is that of the decision.
v1::ExplainDecisionResponse ToExplanation(const Explanation& explanation, Position position);

// The same with the entries it comes from; at most `most_charges` unpaid ones, 0 for the usual number.
absl::StatusOr<v1::ExplainDecisionResponse> WithOrigins(const Ledger& ledger, const Call& call,
                                                        const Explanation& explanation, int32_t most_charges,
                                                        v1::ExplainDecisionResponse response);

}  // namespace bursar

// When a denial is like one on record, so that asking again and again does not fill the log. Internal to the domain.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"

namespace bursar {

// For so long a denial like one that was written is not written again.
inline constexpr absl::Duration kSameDenial = absl::Minutes(1);

// Equal for denials that are alike: the same user, payer, action, project and reason (and budget), whatever the
// numbers. Without permission also whoever was to pay, since anybody can be named.
std::string KeyOf(const storage::v1::ActionDenied& denial);

// Written, or where one like it was within the minute, the answer alone, which leads to the one on record.
Decision Deny(storage::v1::ActionDenied denial, const State& state, absl::Time now);

}  // namespace bursar

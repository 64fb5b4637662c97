// When a denial is the same as one before, so that asking again and again does not fill the log. Internal to the
// domain.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"

namespace bursar {

// For so long the same denial of a check is not written again.
inline constexpr absl::Duration kSameDenial = absl::Minutes(1);

// Equal for denials that say the same of the same, with the same numbers.
std::string KeyOf(const storage::v1::ActionDenied& denial);

}  // namespace bursar

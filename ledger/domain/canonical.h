// The state as bytes, and back.
//
// The bytes follow from what the state says, not from the process that says it: sets are sorted, numbers are varints,
// texts have their length in front. Which members a type has is said once, in canonical.cc, for both directions.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/domain/state.h"

namespace bursar {

// Hands the bytes to `sink` in pieces of bounded size. The first error of `sink` ends it and is returned. Indices that
// follow from other members are left out.
absl::Status WriteState(const State& state, const std::function<absl::Status(absl::string_view piece)>& sink);

// Reads what WriteState wrote. `next` gives the bytes in pieces of any size, and an empty one at their end. DATA_LOSS
// where they end early, go on, or name something twice; it takes no more memory than there are bytes, give or take.
// Whether the values make sense is not judged: a checksum says that they are those that were written.
absl::StatusOr<State> ReadState(const std::function<absl::string_view()>& next);
absl::StatusOr<State> ReadState(absl::string_view bytes);

// Which members the bytes hold, in words that change when a list of members does: bytes that were written under another
// layout cannot be read.
std::string StateLayout();

}  // namespace bursar

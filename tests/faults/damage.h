// Files and folders of a store that are gone, cut off, wiped, or of another day.
#pragma once

#include <cstdint>

#include "tests/faults/cases.h"

namespace bursar::faults {

// So many damages, each done to a fresh copy of one store. Where one copy of the log is whole, nothing may be lost and
// the store must open; where both are hurt it may refuse, and must never be silently wrong. And for each store once:
// both copies hurt one after the other, both of an older day, all of an older day.
Outcome Damage(uint64_t seed, int64_t cases);

}  // namespace bursar::faults

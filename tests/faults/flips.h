// Single bits of a store's files, turned over.
#pragma once

#include <cstdint>

#include "tests/faults/cases.h"

namespace bursar::faults {

// So many flips, each of one bit of a fresh copy of one store. Violated where one of them is not noticed and does harm,
// or where the store refuses without saying that it is damaged.
Outcome FlipBits(uint64_t seed, int64_t flips);

}  // namespace bursar::faults

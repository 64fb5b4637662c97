// How much memory a piece of a test has asked for.
#pragma once

#include <cstddef>

namespace bursar {

// Bytes that this thread has asked for since it began; given back or not.
size_t Allocated();

}  // namespace bursar

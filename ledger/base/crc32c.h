// CRC-32C (Castagnoli), as of iSCSI: finds every single flipped bit, and any other damage but for one in four
// milliards.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace bursar {

// Of the bytes that `before` is the checksum of, followed by these.
uint32_t Crc32c(absl::string_view bytes, uint32_t before = 0);

}  // namespace bursar

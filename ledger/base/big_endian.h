// Numbers as keys: bytes that sort as the numbers do.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace bursar {

inline constexpr size_t kBigEndianSize = 8;

inline std::string BigEndian(uint64_t number) {
  std::string bytes(kBigEndianSize, '\0');
  for (size_t i = kBigEndianSize; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

// Of the first eight bytes; there must be as many.
inline uint64_t FromBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < kBigEndianSize; ++i) number = (number << 8) | static_cast<unsigned char>(bytes[i]);
  return number;
}

// The same, and goes past them.
inline uint64_t TakeBigEndian(absl::string_view& bytes) {
  const uint64_t number = FromBigEndian(bytes);
  bytes.remove_prefix(kBigEndianSize);
  return number;
}

}  // namespace bursar

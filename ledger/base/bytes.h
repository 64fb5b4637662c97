// Small things about bytes.
#pragma once

#include "absl/strings/string_view.h"

namespace bursar {

// Whether both are equal, in a time that depends on their lengths alone.
inline bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = difference | static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace bursar

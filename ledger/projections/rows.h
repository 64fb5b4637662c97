// What the views' rows have in common.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace bursar {

// The beginning of all keys under a name: it ends in a zero byte, so that no name is the beginning of another.
inline std::string KeysOf(absl::string_view name) { return absl::StrCat(name, absl::string_view("\0", 1)); }

// DATA_LOSS. The projections' folder may be deleted to have them built again.
inline absl::Status Unreadable(absl::string_view row) {
  return absl::DataLossError(absl::StrCat("A row of the projections cannot be read: ", row, "."));
}

}  // namespace bursar

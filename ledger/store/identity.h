// Which store this is: the file `store` of a data folder, in words that a person can read.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar {

// How this version lays a store out on the disk.
inline constexpr uint32_t kStoreFormat = 1;

struct StoreIdentity {
  // 32 hexadecimal digits, drawn when the store was made.
  std::string id;
  uint32_t format = kStoreFormat;
  // Counts how often the store was restored from a backup, from 1: positions of one epoch may be missing in the next.
  uint64_t epoch = 1;

  bool operator==(const StoreIdentity& other) const = default;
};

// With an id that no other store has.
StoreIdentity FreshIdentity();

std::string Written(const StoreIdentity& identity);

// DATA_LOSS where this is not what Written gives; FAILED_PRECONDITION where it is of a newer version.
absl::StatusOr<StoreIdentity> ReadIdentity(absl::string_view text);

}  // namespace bursar

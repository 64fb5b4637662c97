// The store of a test, on files that fail.
#pragma once

#include <memory>
#include <string>

#include "ledger/store/store.h"
#include "tests/faults/fault_files.h"

namespace bursar::faults {

inline constexpr char kStoreFolder[] = "/data";
// Where the second copy is not in the store's own folder.
inline constexpr char kOtherFolder[] = "/other/journal";

struct Layout {
  bool journal_elsewhere = false;
  // Small, so that tables are written and compacted while a test looks on.
  size_t write_buffer_bytes = 0;
};

Store::Options StoreOn(const std::shared_ptr<FaultFiles>& files, const Layout& layout);

}  // namespace bursar::faults

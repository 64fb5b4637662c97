// Entries per second through the writer, beside a bare synced append of the same bytes.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace bursar::bench {

// Prints a table: two rows for each number of outstanding commands, with the log in RocksDB alone and in two copies
// with a watermark. Every round runs the ledger in both ways, and after each appends blocks of the very sizes that it
// wrote to a bare file, so that both see the same minutes of a noisy machine. Files go to `folder`.
void BenchWriter(const std::string& folder, absl::Duration time, int rounds);

}  // namespace bursar::bench

// When each entry was committed, so that a time leads to a position.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/projections/row_store.h"

namespace bursar {

// What an answer stands for: everything up to an entry, judged at a time.
struct AsOf {
  // 0 before the first entry.
  Position position = 0;
  // The entry's commit time, or the time that was asked for; InfinitePast before the first entry.
  absl::Time time = absl::InfinitePast();
};

// Apply is called by the one thread that follows; any thread may ask.
class Moments {
 public:
  explicit Moments(const RowStore& store) : store_(store) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch);

  // The last entry taken in.
  absl::StatusOr<AsOf> Last() const;
  // Refused as INVALID_ARGUMENT where the books are not so far.
  absl::StatusOr<AsOf> At(Position position) const;
  // Everything committed at `time` or before it, judged at `time`.
  absl::StatusOr<AsOf> At(absl::Time time) const;
  // Everything committed before `time`, judged a microsecond before it.
  absl::StatusOr<AsOf> Before(absl::Time time) const;

 private:
  const RowStore& store_;
};

}  // namespace bursar

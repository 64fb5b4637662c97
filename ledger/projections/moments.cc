#include "ledger/projections/moments.h"

#include "ledger/base/big_endian.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

absl::StatusOr<int64_t> CommitTime(const RowStore& store, Position position) {
  absl::StatusOr<std::optional<std::string>> row = store.Get(Table::kEntryTimes, BigEndian(position));
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->size() != kBigEndianSize) return Unreadable("the time of an entry");
  return static_cast<int64_t>(FromBigEndian(**row));
}

// The last of entries 1 to `last` that was committed at `micros` or before; 0 where none was. Commit times never
// decrease.
absl::StatusOr<Position> LastCommittedBy(const RowStore& store, Position last, int64_t micros) {
  Position low = 0;
  Position high = last;
  while (low < high) {
    const Position middle = high - (high - low) / 2;
    const absl::StatusOr<int64_t> committed = CommitTime(store, middle);
    if (!committed.ok()) return committed.status();
    if (*committed <= micros) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

void Moments::Apply(const storage::v1::Entry& entry, Batch& batch) {
  batch.Put(Table::kEntryTimes, BigEndian(entry.position()), BigEndian(static_cast<uint64_t>(entry.commit_time())));
}

absl::StatusOr<AsOf> Moments::Last() const {
  const auto row = store_.LastAtOrBelow(Table::kEntryTimes, "", BigEndian(kNoPosition));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return AsOf{};
  return At(PositionIn(**row));
}

absl::StatusOr<AsOf> Moments::At(Position position) const {
  if (position == 0) return AsOf{};
  const auto row = store_.Get(Table::kEntryTimes, BigEndian(position));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return InvalidField("at_position", "is beyond the last entry of the books");
  const absl::StatusOr<int64_t> time = CommitTime(store_, position);
  if (!time.ok()) return time.status();
  return AsOf{.position = position, .time = absl::FromUnixMicros(*time)};
}

absl::StatusOr<AsOf> Moments::At(absl::Time time) const {
  const absl::StatusOr<AsOf> last = Last();
  if (!last.ok()) return last.status();
  const absl::StatusOr<Position> position = LastCommittedBy(store_, last->position, absl::ToUnixMicros(time));
  if (!position.ok()) return position.status();
  return AsOf{.position = *position, .time = time};
}

// Commit times are whole microseconds.
absl::StatusOr<AsOf> Moments::Before(absl::Time time) const { return At(time - absl::Microseconds(1)); }

}  // namespace bursar

#include "ledger/projections/running_sums.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/big_endian.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::SumRow;

SumRow RowOf(WideMoney sum) {
  SumRow row;
  row.set_low(static_cast<int64_t>(absl::Int128Low64(sum.micros())));
  row.set_high(absl::Int128High64(sum.micros()));
  return row;
}

WideMoney SumOf(const SumRow& row) {
  return WideMoney::Micros(absl::MakeInt128(row.high(), static_cast<uint64_t>(row.low())));
}

}  // namespace

void RunningSums::Add(const std::string& name, WideMoney amount, Position position, Batch& batch) {
  if (current_.size() >= most_current_) current_.clear();
  Current& current = current_[name];
  if (current.position == 0 || current.position >= position) {
    const std::optional<Row> row = batch.LastAtOrBelow(table_, name, BigEndian(position));
    current.sum = row.has_value() ? SumOf(Parse<SumRow>(*row, batch)) : WideMoney();
  }
  current.position = position;
  current.sum += amount;
  batch.Put(table_, absl::StrCat(name, BigEndian(position)), RowOf(current.sum).SerializeAsString());
}

absl::StatusOr<WideMoney> RunningSums::At(absl::string_view name, Position position) const {
  Reader reader(store_);
  const std::optional<Row> row = reader.LastAtOrBelow(table_, name, BigEndian(position));
  const WideMoney sum = row.has_value() ? SumOf(Parse<SumRow>(*row, reader)) : WideMoney();
  if (!reader.status().ok()) return reader.status();
  return sum;
}

absl::Status RunningSums::ForEachName(absl::string_view prefix, absl::string_view from,
                                      const std::function<bool(const std::string& name)>& visit) const {
  std::string next(from);
  while (true) {
    std::optional<std::string> name;
    const absl::Status scanned = store_.Scan(table_, prefix, next, [&name](const Row& row) {
      name = row.key.substr(0, row.key.size() - kBigEndianSize);
      return false;
    });
    if (!scanned.ok()) return scanned;
    if (!name.has_value() || !visit(*name)) return absl::OkStatus();
    // Behind all positions, which are less than 2^63.
    next = absl::StrCat(absl::string_view(*name).substr(prefix.size()), "\xff");
  }
}

}  // namespace bursar

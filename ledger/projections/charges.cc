#include "ledger/projections/charges.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

// The position, and the line within the entry.
constexpr size_t kPlaceSize = 2 * kBigEndianSize;

std::string KeyOf(const BillingAccountId& account, Position position, uint64_t index) {
  return absl::StrCat(KeysOf(account.text()), BigEndian(position), BigEndian(index));
}

Position PositionOfCharge(const Row& row) {
  return FromBigEndian(absl::string_view(row.key).substr(row.key.size() - kPlaceSize));
}

Charge ChargeOf(const BillingAccountId& account, Position position, storage::v1::ChargeRow row) {
  Charge charge{.id = ChargeId(position), .account = account, .currency = row.currency()};
  for (const storage::v1::Part& part : row.drawn()) {
    (part.credit() == 0 ? charge.from_limit : charge.from_credits) += Money::Micros(part.amount_micros());
  }
  charge.amount = Money::Micros(row.amount_micros());
  charge.time = absl::FromUnixMicros(row.commit_time());
  charge.row = std::move(row);
  return charge;
}

}  // namespace

std::vector<ChargeLine> Charges::Apply(const storage::v1::Entry& entry, Batch& batch) {
  const auto find = [&batch](const BillingAccountId& account,
                             Position position) -> std::optional<storage::v1::ChargeRow> {
    // A sponsor's line follows the payer's, where the payer has one.
    auto row = batch.Get(Table::kCharges, KeyOf(account, position, 0));
    if (!row.has_value()) row = batch.Get(Table::kCharges, KeyOf(account, position, 1));
    storage::v1::ChargeRow charge;
    if (!row.has_value()) return std::nullopt;
    if (!charge.ParseFromString(*row)) batch.Fail(Unreadable("a charge"));
    return charge;
  };
  std::vector<ChargeLine> lines = ChargeLinesOf(entry, find);
  uint64_t index = 0;
  for (const ChargeLine& line : lines) {
    batch.Put(Table::kCharges, KeyOf(line.account, entry.position(), index++), line.row.SerializeAsString());
  }
  return lines;
}

absl::StatusOr<ChargePage> Charges::List(const ChargeQuery& query) const {
  const absl::StatusOr<AsOf> last = moments_.Last();
  if (!last.ok()) return last.status();
  const absl::StatusOr<AsOf> before = moments_.Before(query.from);
  if (!before.ok()) return before.status();
  const absl::StatusOr<AsOf> end = moments_.Before(query.to);
  if (!end.ok()) return end.status();

  ChargePage page{.as_of = *last};
  absl::Status status;
  const auto add = [&](const Row& row) {
    const Position position = PositionOfCharge(row);
    if (position > end->position) return false;
    page.more = page.charges.size() >= query.limit && page.charges.back().id.number() != position;
    if (page.more) return false;
    storage::v1::ChargeRow charge;
    if (!charge.ParseFromString(row.value)) status = Unreadable("a charge");
    page.charges.push_back(ChargeOf(query.account, position, std::move(charge)));
    return status.ok();
  };
  status.Update(store_.Scan(Table::kCharges, KeysOf(query.account.text()),
                            BigEndian(std::max(before->position, query.after.number()) + 1), add));
  if (!status.ok()) return status;
  return page;
}

absl::Status Charges::ForEach(const BillingAccountId& account, Position after, Position to,
                              const std::function<void(const storage::v1::ChargeRow& row)>& visit) const {
  absl::Status status;
  status.Update(store_.Scan(Table::kCharges, KeysOf(account.text()), BigEndian(after + 1), [&](const Row& row) {
    if (PositionOfCharge(row) > to) return false;
    storage::v1::ChargeRow charge;
    if (!charge.ParseFromString(row.value)) status = Unreadable("a charge");
    if (status.ok()) visit(charge);
    return status.ok();
  }));
  return status;
}

}  // namespace bursar

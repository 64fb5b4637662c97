#include "ledger/projections/trial_balance.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::TrialBalanceRow;

WideMoney SumOf(const TrialBalanceRow::Line& line) {
  return WideMoney::Micros(absl::MakeInt128(line.sum_high(), static_cast<uint64_t>(line.sum_micros())));
}

void SetSum(TrialBalanceRow::Line& line, WideMoney sum) {
  line.set_sum_micros(static_cast<int64_t>(absl::Int128Low64(sum.micros())));
  line.set_sum_high(absl::Int128High64(sum.micros()));
}

}  // namespace

void TrialBalances::Apply(const storage::v1::Entry& entry, Batch& batch) {
  std::map<std::string, std::vector<Posting>> posted;
  for (const storage::v1::Event& event : entry.events()) {
    for (Posting& posting : PostingsOf(event)) posted[posting.currency].push_back(std::move(posting));
  }
  for (const auto& [currency, postings] : posted) {
    Sums& sums = SumsOf(currency, entry.position(), batch);
    if (!batch.status().ok()) return;
    for (const Posting& posting : postings) sums.by_account[posting.account] += posting.amount;
    TrialBalanceRow row;
    for (const auto& [account, sum] : sums.by_account) {
      TrialBalanceRow::Line& line = *row.add_lines();
      line.set_account(static_cast<int32_t>(account));
      SetSum(line, sum);
    }
    batch.Put(Table::kTrialBalances, absl::StrCat(KeysOf(currency), BigEndian(entry.position())),
              row.SerializeAsString());
  }
}

TrialBalances::Sums& TrialBalances::SumsOf(const std::string& currency, Position position, Batch& batch) {
  Sums& sums = sums_[currency];
  if (sums.position == 0 || sums.position >= position) {
    sums = Sums{};
    if (const auto row = batch.LastAtOrBelow(Table::kTrialBalances, KeysOf(currency), BigEndian(position))) {
      const auto written = Parse<TrialBalanceRow>(*row, batch);
      for (const auto& line : written.lines()) {
        sums.by_account[static_cast<BookAccount>(line.account())] = SumOf(line);
      }
    }
  }
  sums.position = position;
  return sums;
}

absl::StatusOr<TrialBalance> TrialBalances::Of(const AsOf& as_of) const {
  Reader reader(store_);
  TrialBalance answer{.as_of = as_of};
  std::string currency;
  const auto next_currency = [&currency](const Row& row) {
    currency = row.key.substr(0, row.key.size() - kBigEndianSize - 1);
    return false;
  };
  for (std::string from;; from = absl::StrCat(currency, "\x01")) {
    currency.clear();
    const absl::Status scanned = store_.Scan(Table::kTrialBalances, "", from, next_currency);
    if (!scanned.ok()) return scanned;
    if (currency.empty()) break;
    const auto row = reader.LastAtOrBelow(Table::kTrialBalances, KeysOf(currency), BigEndian(as_of.position));
    if (!row.has_value()) continue;
    const auto written = Parse<TrialBalanceRow>(*row, reader);
    for (const auto& line : written.lines()) {
      answer.lines.push_back(
          {.account = static_cast<BookAccount>(line.account()), .currency = currency, .sum = SumOf(line)});
    }
  }
  if (!reader.status().ok()) return reader.status();
  return answer;
}

}  // namespace bursar

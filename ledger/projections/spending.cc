#include "ledger/projections/spending.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

std::string NamesOf(absl::string_view whose, SpendingBy by) {
  return absl::StrCat(KeysOf(whose), std::string(1, static_cast<char>(by)));
}

}  // namespace

void Spending::Apply(const std::vector<ChargeLine>& lines, Position position, Batch& batch) {
  std::map<std::string, WideMoney> charged;
  for (const ChargeLine& line : lines) {
    const Money amount = Money::Micros(line.row.amount_micros());
    const auto add = [&](absl::string_view whose, SpendingBy by, absl::string_view key) {
      charged[KeysOf(absl::StrCat(NamesOf(whose, by), key))] += amount;
    };
    const std::string& account = line.account.text();
    add(account, SpendingBy::kProject, ProjectId(line.row.project()).text());
    add(account, SpendingBy::kMember, line.row.user_id());
    add(account, SpendingBy::kSku, line.row.sku());
    add(account, SpendingBy::kCategory, line.row.category());
    add(line.row.currency(), SpendingBy::kAccount, account);
    add(line.row.currency(), SpendingBy::kSku, line.row.sku());
    add(line.row.currency(), SpendingBy::kCategory, line.row.category());
  }
  for (const auto& [name, amount] : charged) sums_.Add(name, amount, position, batch);
}

absl::StatusOr<std::vector<SpendingGroup>> Spending::By(SpendingBy by, absl::string_view whose,
                                                        const SpendingSpan& span) const {
  std::vector<SpendingGroup> groups;
  absl::Status status;
  const std::string prefix = NamesOf(whose, by);
  status.Update(sums_.ForEachName(prefix, "", [&](const std::string& name) {
    const absl::StatusOr<WideMoney> before = sums_.At(name, span.after);
    const absl::StatusOr<WideMoney> after = sums_.At(name, span.to);
    status.Update(before.status());
    status.Update(after.status());
    if (!status.ok()) return false;
    const WideMoney amount = *after - *before;
    if (amount == WideMoney()) return true;
    groups.push_back({.key = name.substr(prefix.size(), name.size() - prefix.size() - 1), .amount = amount});
    return true;
  }));
  if (!status.ok()) return status;
  return groups;
}

absl::StatusOr<std::vector<WideMoney>> Spending::Between(absl::string_view whose,
                                                         const std::vector<Position>& positions) const {
  std::vector<WideMoney> sums(positions.size());
  absl::Status status;
  status.Update(sums_.ForEachName(NamesOf(whose, SpendingBy::kCategory), "", [&](const std::string& name) {
    for (size_t i = 0; i < positions.size() && status.ok(); ++i) {
      const absl::StatusOr<WideMoney> sum = sums_.At(name, positions[i]);
      status.Update(sum.status());
      if (sum.ok()) sums[i] += *sum;
    }
    return status.ok();
  }));
  if (!status.ok()) return status;
  std::vector<WideMoney> between;
  for (size_t i = 1; i < sums.size(); ++i) between.push_back(sums[i] - sums[i - 1]);
  return between;
}

}  // namespace bursar

#include "ledger/projections/balances.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/balance_rows.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::Event;

// The credits of an account that held nothing any more at a position, beside those that `balance` has.
template <class AnyReader>
std::vector<Credit> FinishedCredits(const BillingAccountId& account, Position position, const Balance& balance,
                                    AnyReader& reader) {
  const std::string prefix = KeysOf(account.text());
  std::vector<Credit> finished;
  std::string last = absl::StrCat(BigEndian(kNoPosition), BigEndian(kNoPosition));
  while (std::optional<Row> row = reader.LastAtOrBelow(Table::kFinishedCredits, prefix, last)) {
    const std::string credit = row->key.substr(prefix.size(), kBigEndianSize);
    if (PositionIn(*row) > position) {
      row = reader.LastAtOrBelow(Table::kFinishedCredits, absl::StrCat(prefix, credit), BigEndian(position));
    }
    if (row.has_value() && balance.Find(CreditId(FromBigEndian(credit))) == nullptr) {
      finished.push_back(CreditOf(Parse<storage::v1::CreditRow>(*row, reader)));
    }
    last = absl::StrCat(credit, BigEndian(0));
  }
  return finished;
}

template <class AnyReader>
std::optional<storage::v1::BalanceRow> ReadBalanceRow(const BillingAccountId& account, Position position,
                                                      AnyReader& reader) {
  const std::optional<Row> row = reader.LastAtOrBelow(Table::kBalances, KeysOf(account.text()), BigEndian(position));
  if (!row.has_value()) return std::nullopt;
  return Parse<storage::v1::BalanceRow>(*row, reader);
}

}  // namespace

void Balances::Apply(const storage::v1::Entry& entry, Batch& batch) {
  std::map<BillingAccountId, std::vector<const Event*>> moved;
  for (const Event& event : entry.events()) {
    const BillingAccountId account = AccountOf(event);
    if (!account.empty()) moved[account].push_back(&event);
  }
  for (const auto& [account, events] : moved) {
    Current& current = CurrentOf(account, entry.position(), batch);
    if (!batch.status().ok()) return;
    for (const Event* event : events) {
      if (event->has_billing_account_opened()) current.currency = event->billing_account_opened().currency();
      current.balance.Apply(*event, entry.position(), entry.principal());
    }
    const std::string prefix = KeysOf(account.text());
    const std::string position = BigEndian(entry.position());
    batch.Put(Table::kBalances, absl::StrCat(prefix, position),
              RowOf(current.balance, current.currency).SerializeAsString());
    for (const Credit& credit : current.balance.credits) {
      if (!IsFinished(credit)) {
        current.finished.erase(credit.id.number());
        continue;
      }
      std::string row = RowOf(credit).SerializeAsString();
      std::string& written = current.finished[credit.id.number()];
      if (row == written) continue;
      batch.Put(Table::kFinishedCredits, absl::StrCat(prefix, BigEndian(credit.id.number()), position), row);
      written = std::move(row);
    }
  }
}

Balances::Current& Balances::CurrentOf(const BillingAccountId& account, Position position, Batch& batch) {
  const auto found = current_.find(account);
  if (found != current_.end() && found->second.position < position) {
    found->second.position = position;
    return found->second;
  }
  if (current_.size() >= most_current_) current_.clear();
  Current& current = current_[account] = Current{.position = position};
  if (const auto row = ReadBalanceRow(account, position, batch)) {
    current.currency = row->currency();
    current.balance = bursar::BalanceOf(*row);
    for (Credit& credit : FinishedCredits(account, position, current.balance, batch)) {
      current.finished[credit.id.number()] = RowOf(credit).SerializeAsString();
      current.balance.Add(std::move(credit));
    }
  }
  return current;
}

absl::StatusOr<AccountBalance> Balances::Of(const BillingAccountId& account, const AsOf& as_of) const {
  Reader reader(store_);
  const std::optional<storage::v1::BalanceRow> row = ReadBalanceRow(account, as_of.position, reader);
  if (!reader.status().ok()) return reader.status();
  if (!row.has_value()) return BillingAccountNotFound(account);
  AccountBalance answer{.as_of = as_of, .account = account, .currency = row->currency()};
  answer.balance = bursar::BalanceOf(*row);
  for (Credit& credit : FinishedCredits(account, as_of.position, answer.balance, reader)) {
    answer.balance.Add(std::move(credit));
  }
  if (!reader.status().ok()) return reader.status();
  answer.funds = answer.balance.Funds(as_of.time);
  return answer;
}

absl::StatusOr<std::optional<std::string>> Balances::CurrencyOf(const BillingAccountId& account) const {
  Reader reader(store_);
  const std::optional<storage::v1::BalanceRow> row = ReadBalanceRow(account, kNoPosition, reader);
  if (!reader.status().ok()) return reader.status();
  return row.has_value() ? std::optional<std::string>(row->currency()) : std::nullopt;
}

absl::StatusOr<Position> Balances::OpenedAt(const BillingAccountId& account) const {
  Position opened = 0;
  const absl::Status scanned = store_.Scan(Table::kBalances, KeysOf(account.text()), "", [&opened](const Row& row) {
    opened = PositionIn(row);
    return false;
  });
  if (!scanned.ok()) return scanned;
  return opened;
}

}  // namespace bursar

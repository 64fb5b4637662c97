#include "ledger/projections/books.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/balance_rows.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::Event;

constexpr Position kNoPosition = std::numeric_limits<Position>::max();

Position PositionIn(const Row& row) {
  return FromBigEndian(absl::string_view(row.key).substr(row.key.size() - kBigEndianSize));
}

// Reads as Batch does, from what is written.
class Reader {
 public:
  explicit Reader(const Store& store) : store_(store) {}

  std::optional<Row> LastAtOrBelow(Table table, absl::string_view prefix, absl::string_view suffix) {
    absl::StatusOr<std::optional<Row>> row = store_.LastAtOrBelow(table, prefix, suffix);
    if (row.ok()) return *std::move(row);
    Fail(row.status());
    return std::nullopt;
  }
  void Fail(const absl::Status& status) { status_.Update(status); }
  const absl::Status& status() const { return status_; }

 private:
  const Store& store_;
  absl::Status status_;
};

template <class Message, class AnyReader>
Message Parse(const Row& row, AnyReader& reader) {
  Message message;
  if (!message.ParseFromString(row.value)) reader.Fail(Unreadable(message.GetTypeName()));
  return message;
}

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

storage::v1::ChargeRow ChargeRowOf(const storage::v1::HoldCaptured& event) {
  storage::v1::ChargeRow row;
  row.set_currency(event.currency());
  row.set_user_id(event.user_id());
  row.set_project(event.project());
  row.set_hold(event.hold());
  row.set_action(event.action());
  row.set_category(event.category());
  *row.mutable_drawn() = event.drawn();
  if (event.has_metered()) *row.mutable_metered() = event.metered();
  return row;
}

storage::v1::ChargeRow ChargeRowOf(const storage::v1::UsageCharged& event) {
  storage::v1::ChargeRow row;
  row.set_currency(event.currency());
  row.set_user_id(event.user_id());
  row.set_project(event.project());
  row.set_category(event.category());
  *row.mutable_drawn() = event.drawn();
  *row.mutable_metered() = event.metered();
  return row;
}

Charge ChargeOf(const BillingAccountId& account, Position position, storage::v1::ChargeRow row) {
  Charge charge{.id = ChargeId(position), .account = account, .currency = row.currency()};
  for (const storage::v1::Part& part : row.drawn()) {
    (part.credit() == 0 ? charge.from_limit : charge.from_credits) += Money::Micros(part.amount_micros());
  }
  charge.amount = charge.from_credits + charge.from_limit;
  charge.time = absl::FromUnixMicros(row.commit_time());
  charge.row = std::move(row);
  return charge;
}

absl::StatusOr<int64_t> CommitTime(const Store& store, Position position) {
  absl::StatusOr<std::optional<std::string>> row = store.Get(Table::kEntryTimes, BigEndian(position));
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->size() != kBigEndianSize) return Unreadable("the time of an entry");
  return static_cast<int64_t>(FromBigEndian(**row));
}

// The last of entries 1 to `last` that was committed at `micros` or before; 0 where none was. Commit times never
// decrease.
absl::StatusOr<Position> LastCommittedBy(const Store& store, Position last, int64_t micros) {
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

void Books::Apply(const storage::v1::Entry& entry, Batch& batch) {
  batch.Put(Table::kEntryTimes, BigEndian(entry.position()), BigEndian(static_cast<uint64_t>(entry.commit_time())));
  ApplyToBalances(entry, batch);
  ApplyToCharges(entry, batch);
  ApplyToTrialBalance(entry, batch);
}

void Books::ApplyToBalances(const storage::v1::Entry& entry, Batch& batch) {
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

Books::Current& Books::CurrentOf(const BillingAccountId& account, Position position, Batch& batch) {
  const auto found = current_.find(account);
  if (found != current_.end() && found->second.position < position) {
    found->second.position = position;
    return found->second;
  }
  if (current_.size() >= current_balances_) current_.clear();
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

void Books::ApplyToCharges(const storage::v1::Entry& entry, Batch& batch) {
  const auto put = [&](const auto& event) {
    if (event.drawn().empty()) return;
    storage::v1::ChargeRow row = ChargeRowOf(event);
    row.set_commit_time(entry.commit_time());
    batch.Put(Table::kCharges, absl::StrCat(KeysOf(event.billing_account()), BigEndian(entry.position())),
              row.SerializeAsString());
  };
  for (const Event& event : entry.events()) {
    if (event.has_hold_captured()) put(event.hold_captured());
    if (event.has_usage_charged()) put(event.usage_charged());
  }
}

void Books::ApplyToTrialBalance(const storage::v1::Entry& entry, Batch& batch) {
  std::map<std::string, std::vector<Posting>> posted;
  for (const Event& event : entry.events()) {
    for (Posting& posting : PostingsOf(event)) posted[posting.currency].push_back(std::move(posting));
  }
  for (const auto& [currency, postings] : posted) {
    Sums& sums = SumsOf(currency, entry.position(), batch);
    if (!batch.status().ok()) return;
    for (const Posting& posting : postings) sums.by_account[posting.account] += posting.amount;
    storage::v1::TrialBalanceRow row;
    for (const auto& [account, sum] : sums.by_account) {
      storage::v1::TrialBalanceRow::Line& line = *row.add_lines();
      line.set_account(static_cast<int32_t>(account));
      line.set_sum_micros(sum.micros());
    }
    batch.Put(Table::kTrialBalances, absl::StrCat(KeysOf(currency), BigEndian(entry.position())),
              row.SerializeAsString());
  }
}

Books::Sums& Books::SumsOf(const std::string& currency, Position position, Batch& batch) {
  Sums& sums = sums_[currency];
  if (sums.position == 0 || sums.position >= position) {
    sums = Sums{};
    if (const auto row = batch.LastAtOrBelow(Table::kTrialBalances, KeysOf(currency), BigEndian(position))) {
      const auto written = Parse<storage::v1::TrialBalanceRow>(*row, batch);
      for (const auto& line : written.lines()) {
        sums.by_account[static_cast<BookAccount>(line.account())] = Money::Micros(line.sum_micros());
      }
    }
  }
  sums.position = position;
  return sums;
}

absl::StatusOr<AsOf> Books::Last() const {
  const auto row = store_.LastAtOrBelow(Table::kEntryTimes, "", BigEndian(kNoPosition));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return AsOf{};
  return At(PositionIn(**row));
}

absl::StatusOr<AsOf> Books::At(Position position) const {
  if (position == 0) return AsOf{};
  const auto row = store_.Get(Table::kEntryTimes, BigEndian(position));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return InvalidField("at_position", "is beyond the last entry of the books");
  const absl::StatusOr<int64_t> time = CommitTime(store_, position);
  if (!time.ok()) return time.status();
  return AsOf{.position = position, .time = absl::FromUnixMicros(*time)};
}

absl::StatusOr<AsOf> Books::At(absl::Time time) const {
  const absl::StatusOr<AsOf> last = Last();
  if (!last.ok()) return last.status();
  const absl::StatusOr<Position> position = LastCommittedBy(store_, last->position, absl::ToUnixMicros(time));
  if (!position.ok()) return position.status();
  return AsOf{.position = *position, .time = time};
}

absl::StatusOr<AccountBalance> Books::BalanceOf(const BillingAccountId& account, const AsOf& as_of) const {
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

absl::StatusOr<TrialBalance> Books::TrialBalanceOf(const AsOf& as_of) const {
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
    const auto written = Parse<storage::v1::TrialBalanceRow>(*row, reader);
    for (const auto& line : written.lines()) {
      answer.lines.push_back({.account = static_cast<BookAccount>(line.account()),
                              .currency = currency,
                              .sum = Money::Micros(line.sum_micros())});
    }
  }
  if (!reader.status().ok()) return reader.status();
  return answer;
}

absl::StatusOr<ChargePage> Books::ListCharges(const ChargeQuery& query) const {
  const absl::StatusOr<AsOf> last = Last();
  if (!last.ok()) return last.status();
  // Commit times are whole microseconds: before `time` is at most a nanosecond before it.
  const auto last_before = [&](absl::Time time) {
    return LastCommittedBy(store_, last->position, absl::ToUnixMicros(time - absl::Nanoseconds(1)));
  };
  const absl::StatusOr<Position> before = last_before(query.from);
  if (!before.ok()) return before.status();
  const absl::StatusOr<Position> end = last_before(query.to);
  if (!end.ok()) return end.status();

  ChargePage page{.as_of = *last};
  absl::Status status;
  const auto add = [&](const Row& row) {
    if (PositionIn(row) > *end) return false;
    page.more = page.charges.size() == query.limit;
    if (page.more) return false;
    storage::v1::ChargeRow charge;
    if (!charge.ParseFromString(row.value)) status = Unreadable("a charge");
    page.charges.push_back(ChargeOf(query.account, PositionIn(row), std::move(charge)));
    return status.ok();
  };
  status.Update(store_.Scan(Table::kCharges, KeysOf(query.account.text()),
                            BigEndian(std::max(*before, query.after.number()) + 1), add));
  if (!status.ok()) return status;
  return page;
}

}  // namespace bursar

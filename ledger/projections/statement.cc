#include "ledger/projections/statement.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/chart.h"

namespace bursar {
namespace {

using storage::v1::ChargeRow;

StatementBalance BalanceIn(const AccountBalance& account) {
  StatementBalance balance{.position = account.as_of.position,
                           .outstanding = account.balance.outstanding,
                           .held = account.balance.Held(),
                           .limit = account.balance.limit,
                           .funds = account.funds};
  for (const Credit& credit : account.balance.credits) balance.credits += credit.available + credit.held;
  return balance;
}

// Collects the charges of a month under all their headings.
class MonthsCharges {
 public:
  MonthsCharges(Statement& statement, const absl::TimeZone& zone) : statement_(statement), zone_(zone) {}

  void Add(const ChargeRow& row) {
    const Money amount = Money::Micros(row.amount_micros());
    if (absl::FromUnixMicros(row.origin_time()) < statement_.start) return Adjust(row, amount);
    statement_.charges += amount;
    by_project_[ProjectId(row.project()).text()] += amount;
    by_member_[row.user_id()] += amount;
    by_sku_[row.sku()] += amount;
    by_category_[row.category()] += amount;
    by_day_[absl::ToCivilDay(absl::FromUnixMicros(row.commit_time()), zone_)] += amount;
  }

  void Finish() {
    statement_.by_project = LargestFirst(by_project_);
    statement_.by_member = LargestFirst(by_member_);
    statement_.by_sku = LargestFirst(by_sku_);
    statement_.by_category = LargestFirst(by_category_);
    const absl::CivilDay end = absl::ToCivilDay(statement_.end - absl::Microseconds(1), zone_);
    for (absl::CivilDay day(statement_.month); day <= end; ++day) {
      statement_.by_day.push_back({.key = absl::FormatCivilTime(day), .amount = by_day_[day]});
    }
    for (auto& [key, adjustment] : adjustments_) statement_.adjustments.push_back(std::move(adjustment));
  }

 private:
  void Adjust(const ChargeRow& row, Money amount) {
    statement_.adjustments_sum += amount;
    const absl::CivilMonth month = absl::ToCivilMonth(absl::FromUnixMicros(row.origin_time()), zone_);
    const auto kind = row.reversed() == 0 ? Adjustment::Kind::kLateUsage : Adjustment::Kind::kReversal;
    Adjustment& adjustment =
        adjustments_[std::make_tuple(month, kind, row.user_id(), row.project(), row.sku(), row.category())];
    adjustment.month = month;
    adjustment.kind = kind;
    adjustment.user_id = row.user_id();
    adjustment.project = ProjectId(row.project());
    adjustment.sku = row.sku();
    adjustment.category = row.category();
    adjustment.amount += amount;
    ++adjustment.count;
  }

  static std::vector<StatementGroup> LargestFirst(const std::map<std::string, Money>& groups) {
    std::vector<StatementGroup> sorted;
    for (const auto& [key, amount] : groups) {
      if (amount != Money()) sorted.push_back({.key = key, .amount = amount});
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const StatementGroup& a, const StatementGroup& b) { return a.amount > b.amount; });
    return sorted;
  }

  Statement& statement_;
  const absl::TimeZone zone_;
  std::map<std::string, Money> by_project_;
  std::map<std::string, Money> by_member_;
  std::map<std::string, Money> by_sku_;
  std::map<std::string, Money> by_category_;
  std::map<absl::CivilDay, Money> by_day_;
  std::map<std::tuple<absl::CivilMonth, Adjustment::Kind, std::string, uint64_t, std::string, std::string>, Adjustment>
      adjustments_;
};

// What moved by reason, between two positions. Charges come out as one sum.
struct Moves {
  WideMoney charges;
  WideMoney payments;
  WideMoney granted;
  WideMoney expired;
  WideMoney revoked;
  WideMoney other;

  // `amount` was posted to the side of a book account, or taken out of what was posted to it.
  void Add(BookAccount account, Side side, WideMoney amount) {
    const WideMoney gained = side == Side::kDebit ? amount : WideMoney() - amount;
    switch (MovementOf(account, side)) {
      case Movement::kNone:
        return;
      case Movement::kCharge:
      case Movement::kReversal:
        charges -= gained;
        return;
      case Movement::kPayment:
      case Movement::kRefund:
        payments += gained;
        return;
      case Movement::kGrant:
        granted += gained;
        return;
      case Movement::kRevoked:
        revoked -= gained;
        return;
      case Movement::kExpired:
        expired -= gained;
        return;
      case Movement::kOther:
        other += gained;
        return;
    }
  }
};

absl::StatusOr<Moves> MovesBetween(const AccountBooks& books, const BillingAccountId& account, Position after,
                                   Position to) {
  Moves moves;
  const auto ends = {std::make_pair(after, true), std::make_pair(to, false)};
  for (const auto& [position, opening] : ends) {
    const auto sums = books.Of(account, position);
    if (!sums.ok()) return sums.status();
    for (const BookSums& book : *sums) {
      moves.Add(book.account, Side::kDebit, opening ? WideMoney() - book.debits : book.debits);
      moves.Add(book.account, Side::kCredit, opening ? WideMoney() - book.credits : book.credits);
    }
  }
  return moves;
}

absl::Status DoesNotAddUp(const Statement& statement, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("The books of ", statement.account.text(), " for ",
                                          absl::FormatCivilTime(statement.month), " do not add up: ", what, "."));
}

// By the postings, by the charges one by one, and by the balance: three ways that share no sum.
absl::Status CheckThatItAddsUp(const Statement& statement, const Moves& moves) {
  if (WideMoney(statement.charges + statement.adjustments_sum) != moves.charges) {
    return DoesNotAddUp(statement, "charges one by one are not what was posted");
  }
  if (statement.opening.net() + statement.Moved() != statement.closing.net()) {
    return DoesNotAddUp(statement, "opening and movements are not the closing");
  }
  for (const auto* groups :
       {&statement.by_project, &statement.by_member, &statement.by_sku, &statement.by_category, &statement.by_day}) {
    Money sum;
    for (const StatementGroup& group : *groups) sum += group.amount;
    if (sum != statement.charges) return DoesNotAddUp(statement, "a list of charges is not all charges");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Statement> StatementOf(const Books& books, const StatementQuery& query) {
  Statement statement{.account = query.account, .month = query.month};
  statement.start = absl::FromCivil(query.month, query.zone);
  const absl::Time next = absl::FromCivil(query.month + 1, query.zone);
  statement.closed = next <= query.last.time;
  statement.end = statement.closed ? next : query.last.time + absl::Microseconds(1);

  const absl::StatusOr<AsOf> start = books.Before(statement.start);
  if (!start.ok()) return start.status();
  const absl::StatusOr<AsOf> end = statement.closed ? books.Before(next) : query.last;
  if (!end.ok()) return end.status();
  const absl::StatusOr<AccountBalance> closing = books.BalanceOf(query.account, *end);
  if (!closing.ok()) return closing.status();
  const absl::StatusOr<AccountBalance> opening = books.BalanceOf(query.account, *start);
  if (!opening.ok() && !absl::IsNotFound(opening.status())) return opening.status();
  statement.currency = closing->currency;
  statement.closing = BalanceIn(*closing);
  if (opening.ok()) statement.opening = BalanceIn(*opening);
  statement.opening.position = start->position;

  const absl::StatusOr<Moves> moves = MovesBetween(books.accounts(), query.account, start->position, end->position);
  if (!moves.ok()) return moves.status();
  statement.payments = moves->payments.Nearest();
  statement.granted = moves->granted.Nearest();
  statement.expired = moves->expired.Nearest();
  statement.revoked = moves->revoked.Nearest();
  statement.other = moves->other.Nearest();

  MonthsCharges charges(statement, query.zone);
  const absl::Status read = books.charges().ForEach(query.account, start->position, end->position,
                                                    [&charges](const ChargeRow& row) { charges.Add(row); });
  if (!read.ok()) return read;
  charges.Finish();
  if (absl::Status adds_up = CheckThatItAddsUp(statement, *moves); !adds_up.ok()) return adds_up;
  return statement;
}

}  // namespace bursar

#include "ledger/projections/account_books.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/projections/chart.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

char CodeOf(BookAccount account) { return static_cast<char>('A' + static_cast<int>(account)); }

BookAccount BookAccountOf(char code) { return static_cast<BookAccount>(code - 'A'); }

constexpr char kDebit = 'd';
constexpr char kCredit = 'c';

std::string NameOf(absl::string_view billing_account, BookAccount account, char side) {
  return absl::StrCat(KeysOf(billing_account), std::string({CodeOf(account), side}));
}

}  // namespace

void AccountBooks::Apply(const storage::v1::Entry& entry, Batch& batch) {
  std::map<std::string, WideMoney> posted;
  for (const storage::v1::Event& event : entry.events()) {
    // What one event moves to and fro in one account is no debit and no credit.
    std::map<std::pair<std::string, BookAccount>, WideMoney> moved;
    for (const Posting& posting : PostingsOf(event)) {
      moved[{posting.billing_account.text(), posting.account}] += posting.amount;
    }
    for (const auto& [where, amount] : moved) {
      const bool debit = amount > WideMoney();
      if (amount == WideMoney()) continue;
      posted[NameOf(where.first, where.second, debit ? kDebit : kCredit)] += debit ? amount : WideMoney() - amount;
    }
  }
  for (const auto& [name, amount] : posted) sums_.Add(name, amount, entry.position(), batch);
}

absl::StatusOr<std::vector<BookSums>> AccountBooks::Of(const BillingAccountId& account, Position position) const {
  std::vector<BookSums> books;
  absl::Status status;
  const std::string prefix = KeysOf(account.text());
  status.Update(sums_.ForEachName(prefix, "", [&](const std::string& name) {
    const absl::StatusOr<WideMoney> sum = sums_.At(name, position);
    if (!sum.ok()) {
      status = sum.status();
      return false;
    }
    if (*sum == WideMoney()) return true;
    const BookAccount book = BookAccountOf(name[prefix.size()]);
    if (books.empty() || books.back().account != book) books.push_back({.account = book});
    (name.back() == kDebit ? books.back().debits : books.back().credits) = *sum;
    return true;
  }));
  if (!status.ok()) return status;
  return books;
}

absl::StatusOr<WideMoney> AccountBooks::ChargedBy(const BillingAccountId& account, Position position) const {
  const auto charged = sums_.At(NameOf(account.text(), BookAccount::kRevenue, kCredit), position);
  if (!charged.ok()) return charged.status();
  const auto reversed = sums_.At(NameOf(account.text(), BookAccount::kRevenue, kDebit), position);
  if (!reversed.ok()) return reversed.status();
  return *charged - *reversed;
}

absl::StatusOr<WideMoney> AccountBooks::EverOwedBy(const BillingAccountId& account, Position position) const {
  return sums_.At(NameOf(account.text(), BookAccount::kReceivables, kDebit), position);
}

absl::Status AccountBooks::ForEachAccount(absl::string_view after,
                                          const std::function<bool(const BillingAccountId& account)>& visit) const {
  // Behind all names of an account.
  std::string from = after.empty() ? "" : absl::StrCat(after, "\x01");
  bool more = true;
  while (more) {
    more = false;
    absl::Status status = sums_.ForEachName("", from, [&](const std::string& name) {
      const std::string account = name.substr(0, name.find('\0'));
      from = absl::StrCat(account, "\x01");
      more = visit(BillingAccountId::Trusted(account));
      return false;
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace bursar

// Of bursar.v1.FinanceService: the books for other programs, page by page.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/block.h"
#include "ledger/projections/chart.h"
#include "services/api/finance_methods.h"
#include "services/api/finance_moments.h"
#include "services/api/render.h"

namespace bursar {
namespace {

constexpr size_t kTransactionsByDefault = 1'000;
// Entries that one call looks at, so that a rare account does not make it read the whole log.
constexpr Position kMostEntriesRead = 50'000;
// An answer stays below the 4 MiB that a message may have.
constexpr size_t kMostBytes = 2 << 20;

v1::BookClass ToBookClass(BookClass book_class) {
  switch (book_class) {
    case BookClass::kAsset:
      return v1::BOOK_CLASS_ASSET;
    case BookClass::kLiability:
      return v1::BOOK_CLASS_LIABILITY;
    case BookClass::kIncome:
      return v1::BOOK_CLASS_INCOME;
    case BookClass::kExpense:
      return v1::BOOK_CLASS_EXPENSE;
    case BookClass::kEquity:
      return v1::BOOK_CLASS_EQUITY;
  }
  return v1::BOOK_CLASS_UNSPECIFIED;
}

// Transactions
// ---------------------------------------------------------------------------------------------------------

// The entries of a period, and where the next page begins.
struct Period {
  Position first = 0;
  Position last = 0;
  Position next = 0;
};

std::string ToToken(const Period& period) {
  return ToPageToken(absl::StrCat(period.first, ",", period.last, ",", period.next));
}

absl::StatusOr<Period> FromToken(const std::string& token, Position last) {
  const std::vector<std::string> parts = absl::StrSplit(token, ',');
  Period period;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &period.first) || !absl::SimpleAtoi(parts[1], &period.last) ||
      !absl::SimpleAtoi(parts[2], &period.next) || period.first == 0 || period.next < period.first) {
    return BadPageToken();
  }
  period.last = std::min(period.last, last);
  return period;
}

absl::StatusOr<Period> PeriodOf(const Books& books, const v1::ExportRequest& request, const Standpoint& standpoint) {
  const absl::Time from = TimeIf(request.has_start_time(), request.start_time()).value_or(absl::InfinitePast());
  const absl::Time to = TimeIf(request.has_end_time(), request.end_time()).value_or(absl::InfiniteFuture());
  if (from > to) return InvalidField("end_time", "lies before start_time");
  const auto before = books.Before(from);
  if (!before.ok()) return before.status();
  const auto end = books.Before(to);
  if (!end.ok()) return end.status();
  const Position last = std::min(end->position, standpoint.position);
  return Period{.first = before->position + 1, .last = last, .next = before->position + 1};
}

// Without postings of other accounts; nothing where none is left.
std::vector<Posting> PostingsFor(const storage::v1::Event& event, const BillingAccountId& account) {
  std::vector<Posting> postings = PostingsOf(event);
  if (account.empty()) return postings;
  postings.erase(std::remove_if(postings.begin(), postings.end(),
                                [&](const Posting& posting) { return posting.billing_account != account; }),
                 postings.end());
  return postings;
}

v1::BookTransaction ToTransaction(const storage::v1::Entry& entry, const storage::v1::Event& event,
                                  const std::vector<Posting>& postings) {
  v1::BookTransaction shown;
  shown.set_position(entry.position());
  *shown.mutable_commit_time() = ToTimestamp(entry.commit_time());
  shown.set_principal(entry.principal());
  shown.set_request_id(entry.request_id());
  shown.set_event(storage::v1::Event::descriptor()->FindFieldByNumber(event.kind_case())->message_type()->name());
  for (const Posting& posting : postings) {
    v1::BookPosting& added = *shown.add_postings();
    added.set_book_account(NameOf(posting.account));
    added.set_book_class(ToBookClass(ClassOf(posting.account)));
    added.set_billing_account(posting.billing_account.text());
    added.set_currency(posting.currency);
    added.set_amount_micros(posting.amount.micros());
  }
  return shown;
}

// Takes entries in until the page is full or enough has been read. An entry is wholly in a page or not at all.
struct ExportPage {
  Period period;
  BillingAccountId account;
  size_t size = 0;
  v1::ExportResponse response;
  size_t bytes = 0;
  Position read = 0;

  bool Take(const storage::v1::Entry& entry) {
    if (entry.position() < period.next) return true;
    const bool full = static_cast<size_t>(response.transactions_size()) >= size || bytes >= kMostBytes;
    if (entry.position() > period.last || full || entry.position() - period.next >= kMostEntriesRead) return false;
    for (const auto& event : entry.events()) {
      const std::vector<Posting> postings = PostingsFor(event, account);
      if (postings.empty()) continue;
      v1::BookTransaction transaction = ToTransaction(entry, event, postings);
      bytes += transaction.ByteSizeLong();
      *response.add_transactions() = std::move(transaction);
    }
    read = entry.position();
    return true;
  }
};

absl::Status Fill(ExportPage& page, const EventLog& log) {
  const absl::Status status = log.Read(page.period.next, [&page](const StoredBlock& stored) -> absl::Status {
    const auto block = Decode(stored);
    if (!block.ok()) return block.status();
    for (const auto& entry : block->entries()) {
      if (!page.Take(entry)) return absl::CancelledError("the page is full");
    }
    return absl::OkStatus();
  });
  return absl::IsCancelled(status) ? absl::OkStatus() : status;
}

absl::StatusOr<v1::ExportResponse> Export(const Ledger& ledger, const Call& call, const v1::ExportRequest& request) {
  const auto standpoint = StandpointOfAccountOrAll(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto period =
      token->empty() ? PeriodOf(**books, request, *standpoint) : FromToken(*token, standpoint->position);
  if (!period.ok()) return period.status();
  if (period->next > period->last) return v1::ExportResponse();

  ExportPage page{.period = *period,
                  .account = standpoint->account,
                  .size = request.page_size() == 0 ? kTransactionsByDefault : PageSize(request.page_size())};
  if (auto status = Fill(page, ledger.log()); !status.ok()) return status;
  page.response.set_first_position(period->first);
  page.response.set_last_position(period->last);
  page.response.set_position(page.read);
  if (page.read < period->last) {
    page.period.next = page.read + 1;
    page.response.set_next_page_token(ToToken(page.period));
  }
  return std::move(page.response);
}

// Balances of the books
// -------------------------------------------------------------------------------------------------

// False where the account had none.
absl::StatusOr<bool> AddBalances(const Books& books, const BillingAccountId& account, Position position,
                                 v1::ListBookBalancesResponse& response) {
  const auto sums = books.accounts().Of(account, position);
  if (!sums.ok()) return sums.status();
  const auto currency = books.balances().CurrencyOf(account);
  if (!currency.ok()) return currency.status();
  for (const BookSums& book : *sums) {
    const auto balance = book.balance().Narrow();
    if (!balance.has_value()) return AmountTooLarge("balance of a book account");
    v1::BookBalance& added = *response.add_balances();
    added.set_billing_account(account.text());
    added.set_currency(currency->value_or(""));
    added.set_book_account(NameOf(book.account));
    added.set_book_class(ToBookClass(ClassOf(book.account)));
    added.set_balance_micros(balance->micros());
  }
  return !sums->empty();
}

absl::Status FillPage(const Books& books, Position position, const std::string& after, size_t size,
                      v1::ListBookBalancesResponse& response) {
  size_t accounts = 0;
  std::string last;
  absl::Status status;
  const auto add = [&](const BillingAccountId& account) {
    if (accounts == size) {
      response.set_next_page_token(ToPageToken(last));
      return false;
    }
    const auto added = AddBalances(books, account, position, response);
    status.Update(added.status());
    if (!status.ok()) return false;
    accounts += *added ? 1 : 0;
    last = account.text();
    return true;
  };
  status.Update(books.accounts().ForEachAccount(after, add));
  return status;
}

absl::StatusOr<v1::ListBookBalancesResponse> ListBookBalances(const Ledger& ledger, const Call& call,
                                                              const v1::ListBookBalancesRequest& request) {
  const auto standpoint = StandpointOfAccountOrAll(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto after = FromPageToken(request.page_token());
  if (!after.ok()) return after.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, *standpoint);
  if (!as_of.ok()) return as_of.status();

  v1::ListBookBalancesResponse response;
  response.set_position(as_of->position);
  const absl::Status filled = standpoint->account.empty()
                                  ? FillPage(**books, as_of->position, *after, PageSize(request.page_size()), response)
                                  : AddBalances(**books, standpoint->account, as_of->position, response).status();
  if (!filled.ok()) return filled;
  return response;
}

}  // namespace

void AddExportMethods(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::ExportRequest, v1::ExportResponse>(
      [&ledger](const Call& call, const v1::ExportRequest& request) { return Export(ledger, call, request); });
  methods.SlowRead<v1::ListBookBalancesRequest, v1::ListBookBalancesResponse>(
      [&ledger](const Call& call, const v1::ListBookBalancesRequest& request) {
        return ListBookBalances(ledger, call, request);
      });
}

}  // namespace bursar

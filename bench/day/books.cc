#include "bench/day/books.h"

#include "bench/day/stage.h"
#include "bursar/v1/outbox.pb.h"
#include "services/client/client.h"

namespace bursar::day {
namespace {

constexpr int kPage = 1000;

// Rebuilding or following may take a while after a day at full speed.
constexpr absl::Duration kTimeout = absl::Minutes(1);

Client ClientOf(const std::string& server, const char* principal) {
  return Client(NewChannel(server), {.principal = principal, .timeout = kTimeout});
}

absl::Status ReadAccounts(const Client& finance, uint64_t position, Books& books) {
  v1::ListBillingAccountsRequest request;
  request.set_page_size(kPage);
  request.set_min_position(position);
  do {
    auto page = finance.Call<v1::ListBillingAccountsResponse>(request);
    if (!page.ok()) return page.status();
    for (const v1::BillingAccountSummary& account : page->billing_accounts()) {
      books.accounts[account.billing_account()] = account;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status ReadAging(const Client& finance, uint64_t position, Books& books) {
  v1::GetAgingRequest request;
  request.set_page_size(kPage);
  request.set_min_position(position);
  do {
    auto page = finance.Call<v1::GetAgingResponse>(request);
    if (!page.ok()) return page.status();
    books.aging.insert(books.aging.end(), page->accounts().begin(), page->accounts().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status CountMessages(const Client& support, uint64_t position, Books& books) {
  v1::ListMessagesRequest request;
  request.set_page_size(kPage);
  request.set_min_position(position);
  do {
    auto page = support.Call<v1::ListMessagesResponse>(request);
    if (!page.ok()) return page.status();
    for (const v1::OutboxMessage& message : page->messages()) {
      ++(message.recipient() == "operators" ? books.messages_to_operators : books.messages);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

int64_t Books::Of(const std::string& book_account, const std::string& currency) const {
  for (const v1::TrialBalanceLine& line : trial_balance.lines()) {
    if (line.book_account() != book_account || line.currency() != currency) continue;
    return line.debit_micros() - line.credit_micros();
  }
  return 0;
}

absl::StatusOr<Books> ReadBooks(const std::string& server, uint64_t position) {
  Books books;
  const Client finance = ClientOf(server, kFinance);
  if (absl::Status status = ReadAccounts(finance, position, books); !status.ok()) return status;
  v1::GetTrialBalanceRequest request;
  request.set_min_position(position);
  auto trial_balance = finance.Call<v1::GetTrialBalanceResponse>(request);
  if (!trial_balance.ok()) return trial_balance.status();
  books.trial_balance = *std::move(trial_balance);
  if (absl::Status status = ReadAging(finance, position, books); !status.ok()) return status;
  if (absl::Status status = CountMessages(ClientOf(server, kSupport), position, books); !status.ok()) return status;
  return books;
}

absl::StatusOr<bool> IsEmpty(const std::string& server) {
  v1::ListBillingAccountsRequest request;
  request.set_page_size(1);
  const Client finance(NewChannel(server), {.principal = kFinance, .timeout = absl::Seconds(10)});
  const auto page = finance.Call<v1::ListBillingAccountsResponse>(request);
  if (!page.ok()) return page.status();
  return page->billing_accounts().empty();
}

}  // namespace bursar::day

// bursar.v1.FinanceService.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/books.h"
#include "services/api/explain_methods.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

// What a reader of the books has to know of the durable state.
struct Standpoint {
  BillingAccountId account;
  Position position = 0;
  absl::Time now;
};

// The account that is asked about, where the caller may see it; the default payer where none is named.
absl::StatusOr<Standpoint> StandpointOf(const Ledger& ledger, const Call& call, const std::string& account) {
  return FromState<Standpoint>(ledger, [&](const State& state, absl::Time now) -> absl::StatusOr<Standpoint> {
    const auto id = AccountOrDefault(state, call, account);
    if (!id.ok()) return id.status();
    if (auto status = MayReadAccount(state, call.principal, *id); !status.ok()) return status;
    if (state.Find(*id) == nullptr) return BillingAccountNotFound(*id);
    return Standpoint{.account = *id, .position = state.position, .now = now};
  });
}

// The books, when they have come to `position`.
absl::StatusOr<const Books*> BooksAt(const Ledger& ledger, Position position, absl::Time deadline) {
  constexpr absl::Duration kLongest = absl::Seconds(10);
  if (!ledger.projections().WaitFor(position, std::min(deadline, absl::Now() + kLongest)).ok()) {
    return LedgerUnavailable("its books are behind");
  }
  return &ledger.projections().books();
}

absl::StatusOr<AsOf> AsOfPosition(const Books& books, Position asked, Position last) {
  if (asked > last) return InvalidField("at_position", absl::StrCat("lies beyond the last entry, ", last));
  return books.At(asked);
}

absl::StatusOr<AsOf> AsOfTime(const Books& books, absl::Time asked, absl::Time now) {
  if (asked > now) return InvalidField("at_time", "must not lie in the future");
  return books.At(asked);
}

// Of the books' two kinds of request that name a moment.
template <class Request>
absl::StatusOr<AsOf> AsOfAsked(const Books& books, const Request& request, Position last, absl::Time now) {
  switch (request.as_of_case()) {
    case Request::kAtPosition:
      return AsOfPosition(books, request.at_position(), last);
    case Request::kAtTime:
      return AsOfTime(books, ParseTime(request.at_time()), now);
    case Request::AS_OF_NOT_SET:
      break;
  }
  return books.At(last);
}

// Balances -----------------------------------------------------------------------------------------------------------

absl::StatusOr<v1::GetBalanceResponse> BalanceNow(const Ledger& ledger, const BillingAccountId& id) {
  return FromState<v1::GetBalanceResponse>(
      ledger, [&](const State& state, absl::Time now) -> absl::StatusOr<v1::GetBalanceResponse> {
        const BillingAccount* account = state.Find(id);
        if (account == nullptr) return BillingAccountNotFound(id);
        v1::GetBalanceResponse response;
        *response.mutable_balance() = ToBalance(id, account->currency, account->balance, state.position, now);
        return response;
      });
}

absl::StatusOr<v1::GetBalanceResponse> GetBalance(const Ledger& ledger, const Call& call,
                                                  const v1::GetBalanceRequest& request) {
  const auto standpoint = StandpointOf(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  if (request.as_of_case() == v1::GetBalanceRequest::AS_OF_NOT_SET) return BalanceNow(ledger, standpoint->account);
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, standpoint->position, standpoint->now);
  if (!as_of.ok()) return as_of.status();
  const auto balance = (*books)->BalanceOf(standpoint->account, *as_of);
  if (absl::IsNotFound(balance.status())) return BillingAccountNotFound(standpoint->account);
  if (!balance.ok()) return balance.status();
  v1::GetBalanceResponse response;
  *response.mutable_balance() =
      ToBalance(balance->account, balance->currency, balance->balance, balance->as_of.position, balance->as_of.time);
  return response;
}

// Charges ------------------------------------------------------------------------------------------------------------

v1::Charge ToCharge(const Charge& charge) {
  v1::Charge shown;
  shown.set_charge_id(charge.id.text());
  shown.set_billing_account(charge.account.text());
  shown.set_currency(charge.currency);
  shown.set_amount_micros(charge.amount.micros());
  SetParts(*shown.mutable_parts(), charge.row.drawn());
  shown.set_category(charge.row.category());
  shown.set_user_id(charge.row.user_id());
  shown.set_project_id(ProjectId(charge.row.project()).text());
  shown.set_action(charge.row.action());
  shown.set_hold_id(HoldId(charge.row.hold()).text());
  if (charge.row.has_metered()) *shown.mutable_usage() = ToUsage(charge.row.metered());
  *shown.mutable_charge_time() = ToTimestamp(charge.time);
  return shown;
}

absl::StatusOr<v1::ListChargesResponse> ListCharges(const Ledger& ledger, const Call& call,
                                                    const v1::ListChargesRequest& request) {
  const auto standpoint = StandpointOf(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto after = ChargeId::Parse(*token);
  if (!after.has_value() && !token->empty()) return BadPageToken();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();

  const auto page = (*books)->ListCharges(
      {.account = standpoint->account,
       .from = TimeIf(request.has_start_time(), request.start_time()).value_or(absl::InfinitePast()),
       .to = TimeIf(request.has_end_time(), request.end_time()).value_or(absl::InfiniteFuture()),
       .after = after.value_or(ChargeId()),
       .limit = PageSize(request.page_size())});
  if (!page.ok()) return page.status();
  v1::ListChargesResponse response;
  for (const Charge& charge : page->charges) *response.add_charges() = ToCharge(charge);
  if (page->more) response.set_next_page_token(ToPageToken(page->charges.back().id.text()));
  response.set_position(page->as_of.position);
  return response;
}

// Trial balance ------------------------------------------------------------------------------------------------------

v1::GetTrialBalanceResponse Render(const TrialBalance& balance) {
  v1::GetTrialBalanceResponse response;
  std::map<std::string, v1::TrialBalanceTotal> totals;
  for (const auto& line : balance.lines) {
    auto& shown = *response.add_lines();
    auto& total = totals[line.currency];
    shown.set_currency(line.currency);
    shown.set_book_account(NameOf(line.account));
    const int64_t sum = line.sum.micros();
    if (sum >= 0) {
      shown.set_debit_micros(sum);
      total.set_debit_micros(total.debit_micros() + sum);
    } else {
      shown.set_credit_micros(-sum);
      total.set_credit_micros(total.credit_micros() - sum);
    }
  }
  for (auto& [currency, total] : totals) {
    total.set_currency(currency);
    *response.add_totals() = total;
  }
  response.set_position(balance.as_of.position);
  return response;
}

absl::StatusOr<v1::GetTrialBalanceResponse> GetTrialBalance(const Ledger& ledger, const Call& call,
                                                            const v1::GetTrialBalanceRequest& request) {
  Position last = 0;
  absl::Time now;
  ledger.Read([&](const State& state, absl::Time time) {
    last = state.position;
    now = time;
  });
  const auto books = BooksAt(ledger, last, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, last, now);
  if (!as_of.ok()) return as_of.status();
  const auto balance = (*books)->TrialBalanceOf(*as_of);
  if (!balance.ok()) return balance.status();
  return Render(*balance);
}

}  // namespace

void AddFinanceService(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::GetBalanceRequest, v1::GetBalanceResponse>(
      [&ledger](const Call& call, const v1::GetBalanceRequest& request) { return GetBalance(ledger, call, request); });
  methods.SlowRead<v1::ListChargesRequest, v1::ListChargesResponse>(
      [&ledger](const Call& call, const v1::ListChargesRequest& request) {
        return ListCharges(ledger, call, request);
      });
  methods.SlowRead<v1::GetTrialBalanceRequest, v1::GetTrialBalanceResponse>(
      [&ledger](const Call& call, const v1::GetTrialBalanceRequest& request) {
        return GetTrialBalance(ledger, call, request);
      });
  AddExplainDecision(methods, ledger);
  AddWhatIf(methods, ledger);
}

}  // namespace bursar

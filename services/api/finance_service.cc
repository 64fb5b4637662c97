// bursar.v1.FinanceService.
#include <map>
#include <utility>

#include "bursar/v1/finance.pb.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/books.h"
#include "services/api/explain_methods.h"
#include "services/api/finance_methods.h"
#include "services/api/finance_moments.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

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
  const auto as_of = AsOfAsked(**books, request, *standpoint);
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
  shown.set_reversed_charge_id(ChargeId(charge.row.reversed()).text());
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

// The balance on its side, in both ways to write it.
template <class Shown>
void SetSides(Shown& shown, WideMoney debit, WideMoney credit) {
  shown.set_debit_micros(debit.Nearest().micros());
  shown.set_credit_micros(credit.Nearest().micros());
  shown.set_debit(debit.Text());
  shown.set_credit(credit.Text());
}

v1::GetTrialBalanceResponse Render(const TrialBalance& balance) {
  v1::GetTrialBalanceResponse response;
  // Debits and credits.
  std::map<std::string, std::pair<WideMoney, WideMoney>> totals;
  for (const auto& line : balance.lines) {
    const WideMoney debit = line.sum > WideMoney() ? line.sum : WideMoney();
    const WideMoney credit = debit - line.sum;
    auto& shown = *response.add_lines();
    shown.set_currency(line.currency);
    shown.set_book_account(NameOf(line.account));
    SetSides(shown, debit, credit);
    totals[line.currency].first += debit;
    totals[line.currency].second += credit;
  }
  for (const auto& [currency, sums] : totals) {
    auto& shown = *response.add_totals();
    shown.set_currency(currency);
    SetSides(shown, sums.first, sums.second);
  }
  response.set_position(balance.as_of.position);
  return response;
}

absl::StatusOr<v1::GetTrialBalanceResponse> GetTrialBalance(const Ledger& ledger, const Call& call,
                                                            const v1::GetTrialBalanceRequest& request) {
  const auto standpoint = StandpointOfAll(ledger, call);
  if (!standpoint.ok()) return standpoint.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, *standpoint);
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
  AddStatementMethods(methods, ledger);
  AddSpendingMethods(methods, ledger);
  AddExportMethods(methods, ledger);
  AddExplainDecision(methods, ledger);
  AddWhatIf(methods, ledger);
}

}  // namespace bursar

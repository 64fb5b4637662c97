// Of bursar.v1.FinanceService: what an account is told about a month, its debts and its future.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/aging.h"
#include "ledger/projections/forecast.h"
#include "ledger/projections/statement.h"
#include "services/api/finance_methods.h"
#include "services/api/finance_moments.h"
#include "services/api/render.h"

namespace bursar {
namespace {

// Statements ---------------------------------------------------------------------------------------------------------

// "2026-03"; years of four digits from 2000 on, as all times have them.
absl::StatusOr<absl::CivilMonth> MonthOf(const std::string& text, absl::Time now, const absl::TimeZone& zone) {
  const absl::CivilMonth running = absl::ToCivilMonth(now, zone);
  if (text.empty()) return running;
  absl::CivilMonth month;
  if (!absl::ParseCivilTime(text, &month) || absl::FormatCivilTime(month) != text || month.year() < 2000) {
    return InvalidField("month", "has to be a year and a month, as in \"2026-03\"");
  }
  if (month > running) return InvalidField("month", "has not begun");
  return month;
}

v1::StatementBalance ToStatementBalance(const StatementBalance& balance) {
  v1::StatementBalance shown;
  shown.set_credits_micros(balance.credits.micros());
  shown.set_outstanding_micros(balance.outstanding.micros());
  shown.set_net_micros(balance.net().micros());
  shown.set_held_micros(balance.held.micros());
  shown.set_limit_micros(balance.limit.micros());
  shown.set_funds_micros(balance.funds.micros());
  shown.set_position(balance.position);
  return shown;
}

v1::StatementAdjustment ToAdjustment(const Adjustment& adjustment) {
  v1::StatementAdjustment shown;
  shown.set_month(absl::FormatCivilTime(adjustment.month));
  shown.set_kind(adjustment.kind == Adjustment::Kind::kLateUsage ? v1::StatementAdjustment::KIND_LATE_USAGE
                                                                 : v1::StatementAdjustment::KIND_REVERSAL);
  shown.set_user_id(adjustment.user_id);
  shown.set_project_id(adjustment.project.text());
  shown.set_sku(adjustment.sku);
  shown.set_category(adjustment.category);
  shown.set_amount_micros(adjustment.amount.micros());
  shown.set_count(adjustment.count);
  return shown;
}

void SetGroups(google::protobuf::RepeatedPtrField<v1::SpendingGroup>& shown,
               const std::vector<StatementGroup>& groups) {
  for (const StatementGroup& group : groups) {
    v1::SpendingGroup& added = *shown.Add();
    added.set_key(group.key);
    added.set_amount_micros(group.amount.micros());
    added.set_amount(WideMoney(group.amount).Text());
  }
}

v1::GetStatementResponse Render(const Statement& statement, const absl::TimeZone& zone) {
  v1::GetStatementResponse response;
  v1::Statement& shown = *response.mutable_statement();
  shown.set_billing_account(statement.account.text());
  shown.set_currency(statement.currency);
  shown.set_month(absl::FormatCivilTime(statement.month));
  shown.set_time_zone(zone.name());
  *shown.mutable_start_time() = ToTimestamp(statement.start);
  *shown.mutable_end_time() = ToTimestamp(statement.end);
  shown.set_closed(statement.closed);
  *shown.mutable_opening() = ToStatementBalance(statement.opening);
  *shown.mutable_closing() = ToStatementBalance(statement.closing);
  shown.set_charges_micros(statement.charges.micros());
  shown.set_adjustments_micros(statement.adjustments_sum.micros());
  shown.set_payments_micros(statement.payments.micros());
  shown.set_credits_granted_micros(statement.granted.micros());
  shown.set_credits_expired_micros(statement.expired.micros());
  shown.set_credits_revoked_micros(statement.revoked.micros());
  shown.set_other_micros(statement.other.micros());
  SetGroups(*shown.mutable_by_project(), statement.by_project);
  SetGroups(*shown.mutable_by_member(), statement.by_member);
  SetGroups(*shown.mutable_by_sku(), statement.by_sku);
  SetGroups(*shown.mutable_by_category(), statement.by_category);
  SetGroups(*shown.mutable_by_day(), statement.by_day);
  for (const Adjustment& adjustment : statement.adjustments) *shown.add_adjustments() = ToAdjustment(adjustment);
  return response;
}

absl::StatusOr<v1::GetStatementResponse> GetStatement(const Ledger& ledger, const Call& call,
                                                      const v1::GetStatementRequest& request) {
  const auto standpoint = StandpointOf(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto zone = TimeZoneOf(request.time_zone());
  if (!zone.ok()) return zone.status();
  const auto month = MonthOf(request.month(), standpoint->now, *zone);
  if (!month.ok()) return month.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto statement = StatementOf(**books, {.account = standpoint->account,
                                               .month = *month,
                                               .zone = *zone,
                                               .last = {.position = standpoint->position, .time = standpoint->now}});
  if (!statement.ok()) return statement.status();
  return Render(*statement, *zone);
}

// Aging --------------------------------------------------------------------------------------------------------------

v1::Aging ToAging(const Aging& aging) {
  v1::Aging shown;
  shown.set_billing_account(aging.account.text());
  shown.set_currency(aging.currency);
  shown.set_outstanding_micros(aging.outstanding.micros());
  shown.set_up_to_30_days_micros(aging.by_age[0].micros());
  shown.set_up_to_60_days_micros(aging.by_age[1].micros());
  shown.set_up_to_90_days_micros(aging.by_age[2].micros());
  shown.set_over_90_days_micros(aging.by_age[3].micros());
  return shown;
}

// Accounts that owe something, after the token's, until the page is full.
absl::Status FillPage(const Books& books, const AsOf& as_of, const std::string& after, size_t size,
                      v1::GetAgingResponse& response) {
  absl::Status status;
  const auto add = [&](const BillingAccountId& account) {
    const auto aging = AgingOf(books, account, as_of);
    if (absl::IsNotFound(aging.status())) return true;
    status.Update(aging.status());
    if (!status.ok()) return false;
    if (aging->outstanding == Money()) return true;
    if (static_cast<size_t>(response.accounts_size()) == size) {
      response.set_next_page_token(ToPageToken(response.accounts().rbegin()->billing_account()));
      return false;
    }
    *response.add_accounts() = ToAging(*aging);
    return true;
  };
  status.Update(books.accounts().ForEachAccount(after, add));
  return status;
}

absl::StatusOr<v1::GetAgingResponse> GetAging(const Ledger& ledger, const Call& call,
                                              const v1::GetAgingRequest& request) {
  const auto standpoint = StandpointOfAccountOrAll(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto after = FromPageToken(request.page_token());
  if (!after.ok()) return after.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, *standpoint);
  if (!as_of.ok()) return as_of.status();

  v1::GetAgingResponse response;
  response.set_position(as_of->position);
  *response.mutable_as_of_time() = ToTimestamp(as_of->time);
  if (standpoint->account.empty()) {
    const absl::Status filled = FillPage(**books, *as_of, *after, PageSize(request.page_size()), response);
    if (!filled.ok()) return filled;
    return response;
  }
  const auto aging = AgingOf(**books, standpoint->account, *as_of);
  if (!aging.ok()) return aging.status();
  *response.add_accounts() = ToAging(*aging);
  return response;
}

// Forecast -----------------------------------------------------------------------------------------------------------

v1::Forecast::Outlook ToOutlook(Forecast::Outlook outlook) {
  switch (outlook) {
    case Forecast::Outlook::kNever:
      return v1::Forecast::OUTLOOK_NEVER;
    case Forecast::Outlook::kAlready:
      return v1::Forecast::OUTLOOK_ALREADY;
    case Forecast::Outlook::kDated:
      return v1::Forecast::OUTLOOK_DATED;
  }
  return v1::Forecast::OUTLOOK_UNSPECIFIED;
}

v1::Forecast ToForecast(const Forecast& forecast) {
  v1::Forecast shown;
  shown.set_billing_account(forecast.account.text());
  shown.set_currency(forecast.currency);
  shown.set_funds_micros(forecast.funds.micros());
  shown.set_outlook(ToOutlook(forecast.outlook));
  if (forecast.outlook == Forecast::Outlook::kDated) {
    *shown.mutable_earliest_time() = ToTimestamp(forecast.earliest);
    *shown.mutable_expected_time() = ToTimestamp(forecast.expected);
    if (forecast.latest.has_value()) *shown.mutable_latest_time() = ToTimestamp(*forecast.latest);
  }
  for (size_t i = 0; i < forecast.burns.size(); ++i) {
    v1::Forecast::Burn& burn = *shown.add_burns();
    burn.set_days(forecast.burns[i].days);
    burn.set_charged_micros(forecast.burns[i].charged.micros());
    burn.set_per_day_micros(forecast.burns[i].per_day().micros());
    if (forecast.run_out[i].has_value()) *burn.mutable_run_out_time() = ToTimestamp(*forecast.run_out[i]);
  }
  shown.set_position(forecast.as_of.position);
  *shown.mutable_as_of_time() = ToTimestamp(forecast.as_of.time);
  return shown;
}

absl::StatusOr<v1::GetForecastResponse> GetForecast(const Ledger& ledger, const Call& call,
                                                    const v1::GetForecastRequest& request) {
  const auto standpoint = StandpointOf(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto as_of = AsOfAsked(**books, request, *standpoint);
  if (!as_of.ok()) return as_of.status();
  const auto forecast = ForecastOf(**books, standpoint->account, *as_of);
  if (!forecast.ok()) return forecast.status();
  v1::GetForecastResponse response;
  *response.mutable_forecast() = ToForecast(*forecast);
  return response;
}

}  // namespace

void AddStatementMethods(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::GetStatementRequest, v1::GetStatementResponse>(
      [&ledger](const Call& call, const v1::GetStatementRequest& request) {
        return GetStatement(ledger, call, request);
      });
  methods.SlowRead<v1::GetAgingRequest, v1::GetAgingResponse>(
      [&ledger](const Call& call, const v1::GetAgingRequest& request) { return GetAging(ledger, call, request); });
  methods.SlowRead<v1::GetForecastRequest, v1::GetForecastResponse>(
      [&ledger](const Call& call, const v1::GetForecastRequest& request) {
        return GetForecast(ledger, call, request);
      });
}

}  // namespace bursar

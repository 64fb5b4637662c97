#include "ledger/projections/forecast.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace bursar {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
// Nobody plans further ahead.
constexpr absl::Duration kNever = absl::Hours(24 * 36'525);

// How long funds last where `charged` are spent in `seconds`; nullopt: for ever, or as good as.
std::optional<absl::Duration> Lasting(Money funds, absl::int128 charged, absl::int128 seconds) {
  if (charged <= 0) return std::nullopt;
  const absl::int128 lasting = absl::int128(funds.micros()) * seconds / charged;
  if (lasting >= absl::ToInt64Seconds(kNever)) return std::nullopt;
  return absl::Seconds(static_cast<int64_t>(lasting));
}

absl::int128 SecondsOf(const Burn& burn) { return absl::ToInt64Seconds(burn.span); }

}  // namespace

Money Burn::per_day() const {
  const absl::int128 day = absl::ToInt64Seconds(kDay);
  return Money::Micros(static_cast<int64_t>(absl::int128(charged.micros()) * day / SecondsOf(*this)));
}

void Foresee(Forecast& forecast) {
  forecast.outlook = Forecast::Outlook::kNever;
  if (forecast.funds <= Money()) {
    forecast.outlook = Forecast::Outlook::kAlready;
    return;
  }
  const absl::Time now = forecast.as_of.time;
  const auto& [week, month] = forecast.burns;
  for (size_t i = 0; i < forecast.burns.size(); ++i) {
    const Burn& burn = forecast.burns[i];
    const auto lasting = Lasting(forecast.funds, burn.charged.micros(), SecondsOf(burn));
    forecast.run_out[i] = lasting.has_value() ? std::optional<absl::Time>(now + *lasting) : std::nullopt;
  }
  // Half the sum of both paces, as one fraction. What was taken back is no pace.
  const absl::int128 pace = absl::int128(std::max(week.charged, Money()).micros()) * SecondsOf(month) +
                            absl::int128(std::max(month.charged, Money()).micros()) * SecondsOf(week);
  const auto expected = Lasting(forecast.funds, pace, 2 * SecondsOf(week) * SecondsOf(month));
  const auto& [by_week, by_month] = forecast.run_out;
  if (!expected.has_value() || (!by_week.has_value() && !by_month.has_value())) return;
  forecast.outlook = Forecast::Outlook::kDated;
  forecast.expected = now + *expected;
  forecast.earliest = std::min(by_week.value_or(absl::InfiniteFuture()), by_month.value_or(absl::InfiniteFuture()));
  if (by_week.has_value() && by_month.has_value()) forecast.latest = std::max(*by_week, *by_month);
}

absl::StatusOr<Forecast> ForecastOf(const Books& books, const BillingAccountId& account, const AsOf& as_of) {
  const absl::StatusOr<AccountBalance> balance = books.BalanceOf(account, as_of);
  if (!balance.ok()) return balance.status();
  const absl::StatusOr<Position> opened = books.balances().OpenedAt(account);
  if (!opened.ok()) return opened.status();
  const absl::StatusOr<AsOf> opening = books.At(*opened);
  if (!opening.ok()) return opening.status();
  const absl::StatusOr<WideMoney> charged = books.accounts().ChargedBy(account, as_of.position);
  if (!charged.ok()) return charged.status();

  Forecast forecast{.as_of = as_of, .account = account, .currency = balance->currency, .funds = balance->funds};
  const absl::Duration age = as_of.time - opening->time;
  const int windows[] = {7, 30};
  for (size_t i = 0; i < forecast.burns.size(); ++i) {
    const absl::StatusOr<AsOf> start = books.At(as_of.time - windows[i] * kDay);
    if (!start.ok()) return start.status();
    const absl::StatusOr<WideMoney> before = books.accounts().ChargedBy(account, start->position);
    if (!before.ok()) return before.status();
    forecast.burns[i] = {.days = windows[i],
                         .charged = (*charged - *before).Nearest(),
                         .span = std::clamp(age, kDay, windows[i] * kDay)};
  }
  Foresee(forecast);
  return forecast;
}

}  // namespace bursar

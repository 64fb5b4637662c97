#include "tests/oracle/money.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/time/civil_time.h"

namespace bursar::oracle {

int64_t Narrow(Wide wide) { return static_cast<int64_t>(wide); }

Wide Funds(const Account& account, const std::string& action, absl::Time now) {
  const Sums sums = account.Add();
  Wide funds = Wide(account.limit) - sums[0][kCharged] - sums[0][kHeld];
  for (size_t lot = 1; lot < sums.size(); ++lot) {
    const Credit& credit = account.credits[lot - 1];
    if (credit.InForce(now) && (credit.actions.empty() || (!action.empty() && credit.PaysFor(action)))) {
      funds += sums[lot][kAvailable];
    }
  }
  return funds;
}

Wide Held(const Account& account) {
  Wide held = 0;
  for (const auto& pots : account.Add()) held += pots[kHeld];
  return held;
}

Wide Owed(const Account& account) { return account.Add()[0][kCharged]; }

std::vector<size_t> BurnOrder(const Account& account) {
  std::vector<size_t> lots;
  for (size_t lot = 1; lot <= account.credits.size(); ++lot) lots.push_back(lot);
  std::stable_sort(lots.begin(), lots.end(), [&](size_t a, size_t b) {
    const Credit& left = account.credits[a - 1];
    const Credit& right = account.credits[b - 1];
    return std::tie(left.priority, left.expire, left.number) < std::tie(right.priority, right.expire, right.number);
  });
  return lots;
}

std::vector<Piece> Draw(const Account& account, Wide amount, const std::string& action, absl::Time now) {
  std::vector<Piece> pieces;
  const Sums sums = account.Add();
  for (const size_t lot : BurnOrder(account)) {
    const Credit& credit = account.credits[lot - 1];
    if (!credit.InForce(now) || !(credit.actions.empty() || (!action.empty() && credit.PaysFor(action)))) continue;
    const Wide take = std::min(amount, sums[lot][kAvailable]);
    if (take <= 0) continue;
    pieces.push_back({.lot = lot, .micros = Narrow(take)});
    amount -= take;
  }
  if (amount > 0) pieces.push_back({.lot = 0, .micros = Narrow(amount)});
  return pieces;
}

std::vector<Piece> TakeFirst(std::vector<Piece>& pieces, Wide amount) {
  std::vector<Piece> taken;
  std::vector<Piece> left;
  for (const Piece& piece : pieces) {
    const Wide take = std::min(amount, Wide(piece.micros));
    if (take > 0) taken.push_back({.lot = piece.lot, .micros = Narrow(take)});
    if (take < piece.micros) left.push_back({.lot = piece.lot, .micros = Narrow(piece.micros - take)});
    amount -= take;
  }
  pieces = std::move(left);
  return taken;
}

void PutAll(Account& account, const std::vector<Piece>& pieces, Pot from, Pot to) {
  for (const Piece& piece : pieces) account.Put(piece.lot, from, to, piece.micros);
}

namespace {

Pot HomeOf(const Account& account, size_t lot, absl::Time now) {
  if (lot == 0) return kOutside;
  const Credit& credit = account.credits[lot - 1];
  if (credit.revoked) return kRevoked;
  return credit.over || credit.expire <= now ? kExpired : kAvailable;
}

}  // namespace

void GiveBack(Account& account, const std::vector<Piece>& pieces, Pot from, absl::Time now) {
  for (const Piece& piece : pieces) account.Put(piece.lot, from, HomeOf(account, piece.lot, now), piece.micros);
}

void Show(const Account& account, const std::vector<Piece>& pieces, Parts& parts) {
  for (const Piece& piece : pieces) {
    auto& part = *parts.Add();
    part.set_credit_id(account.NameOfLot(piece.lot));
    part.set_amount_micros(piece.micros);
  }
}

void ShowReturned(const Account& account, const std::vector<Piece>& pieces, absl::Time now, Parts& parts) {
  for (const Piece& piece : pieces) {
    auto& part = *parts.Add();
    part.set_credit_id(account.NameOfLot(piece.lot));
    part.set_amount_micros(piece.micros);
    part.set_credit_expired(HomeOf(account, piece.lot, now) == kExpired);
    // What comes back to a credit that was paid for is paid back by an event of its own.
    const bool paid = piece.lot != 0 && account.credits[piece.lot - 1].prepaid;
    part.set_credit_revoked(HomeOf(account, piece.lot, now) == kRevoked && !paid);
  }
}

std::optional<int64_t> Price(int64_t quantity, const v1::Price& price, Wide& remainder) {
  const Wide per = price.per_quantity();
  const Wide exact = Wide(quantity) * price.price_micros() + remainder;
  Wide amount = exact / per;
  Wide rest = exact % per;
  if (rest < 0) {
    rest += per;
    amount -= 1;
  }
  if (rest * 2 > per || (rest * 2 == per && amount % 2 != 0)) {
    amount += 1;
    rest -= per;
  }
  if (amount < 0) {
    rest += amount * per;
    amount = 0;
  }
  if (amount > kMost) return std::nullopt;
  remainder = rest;
  return Narrow(amount);
}

namespace {

absl::CivilDay FirstDay(v1::Budget::Period period, absl::CivilDay day) {
  if (period == v1::Budget::PERIOD_MONTH) return absl::CivilDay(absl::CivilMonth(day));
  if (period == v1::Budget::PERIOD_WEEK) return absl::PrevWeekday(day + 1, absl::Weekday::monday);
  return day;
}

absl::CivilDay NextFirstDay(v1::Budget::Period period, absl::CivilDay day) {
  if (period == v1::Budget::PERIOD_MONTH) return absl::CivilDay(absl::CivilMonth(day) + 1);
  return day + (period == v1::Budget::PERIOD_WEEK ? 7 : 1);
}

// The first instant of a day: of two midnights the first one, where there is none when clocks were put forward.
absl::Time Beginning(absl::CivilDay day, const absl::TimeZone& zone) {
  const auto midnight = zone.At(absl::CivilSecond(day));
  return midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre;
}

}  // namespace

bool IsZone(const std::string& zone) {
  absl::TimeZone found;
  return zone != "localtime" && !absl::StartsWith(zone, "/") && absl::LoadTimeZone(zone, &found);
}

void SetWindow(v1::Budget::Period period, const std::string& zone, absl::Time now, absl::Time& start, absl::Time& end) {
  start = absl::InfinitePast();
  end = absl::InfiniteFuture();
  if (period == v1::Budget::PERIOD_LIFE) return;
  absl::TimeZone calendar;
  absl::LoadTimeZone(zone.empty() ? "UTC" : zone, &calendar);
  absl::CivilDay first = FirstDay(period, absl::ToCivilDay(now, calendar));
  // A window that has begun goes on where clocks are put back beyond its beginning.
  if (const absl::CivilDay next = NextFirstDay(period, first); Beginning(next, calendar) <= now) first = next;
  start = Beginning(first, calendar);
  end = Beginning(NextFirstDay(period, first), calendar);
}

void Notice(Account& account, bool rose, Wide funds_before, absl::Time now) {
  const Wide funds = Funds(account, "", now);
  if (rose && funds > funds_before && funds > 0) account.base = Narrow(funds);
  account.percent = 0;
  if (account.base <= 0) return;
  for (const int percent : {25, 50, 80, 90, 100}) {
    if (funds * 100 <= Wide(account.base) * (100 - percent)) account.percent = percent;
  }
}

v1::Credit ShowCredit(const Account& account, size_t lot, const Sums& sums) {
  const Credit& credit = account.credits[lot - 1];
  const auto& pots = sums[lot];
  v1::Credit shown;
  shown.set_credit_id(Name("credit", credit.number));
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_granted_micros(credit.granted);
  shown.set_available_micros(Narrow(pots[kAvailable]));
  shown.set_held_micros(Narrow(pots[kHeld]));
  shown.set_charged_micros(Narrow(pots[kCharged]));
  shown.set_expired_micros(Narrow(pots[kExpired]));
  shown.set_revoked_micros(Narrow(pots[kRevoked]));
  shown.set_moved_micros(Narrow(pots[kMoved]));
  shown.set_priority(credit.priority);
  *shown.mutable_effective_time() = ToTimestamp(credit.effective);
  if (credit.expire != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(credit.expire);
  shown.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
  shown.set_reason(credit.reason);
  shown.set_granted_by(credit.granted_by);
  return shown;
}

}  // namespace bursar::oracle

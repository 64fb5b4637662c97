#include "ledger/projections/balance_rows.h"

namespace bursar {

bool IsFinished(const Credit& credit) { return credit.available == Money() && credit.held == Money(); }

storage::v1::CreditRow RowOf(const Credit& credit) {
  storage::v1::CreditRow row;
  row.set_credit(credit.id.number());
  row.set_granted_micros(credit.granted.micros());
  row.set_available_micros(credit.available.micros());
  row.set_held_micros(credit.held.micros());
  row.set_charged_micros(credit.charged.micros());
  row.set_expired_micros(credit.expired.micros());
  row.set_priority(credit.priority);
  if (credit.effective_time != absl::InfinitePast()) row.set_effective_time(absl::ToUnixMicros(credit.effective_time));
  if (credit.expire_time != absl::InfiniteFuture()) row.set_expire_time(absl::ToUnixMicros(credit.expire_time));
  for (const std::string& action : credit.actions) row.add_actions(action);
  row.set_reason(credit.reason);
  row.set_granted_by(credit.granted_by);
  row.set_over(credit.over);
  row.set_revoked_micros(credit.revoked.micros());
  row.set_moved_micros(credit.moved.micros());
  row.set_origin(credit.origin);
  row.set_taken_back(credit.taken_back);
  return row;
}

Credit CreditOf(const storage::v1::CreditRow& row) {
  return {
      .id = CreditId(row.credit()),
      .granted = Money::Micros(row.granted_micros()),
      .available = Money::Micros(row.available_micros()),
      .held = Money::Micros(row.held_micros()),
      .charged = Money::Micros(row.charged_micros()),
      .expired = Money::Micros(row.expired_micros()),
      .revoked = Money::Micros(row.revoked_micros()),
      .moved = Money::Micros(row.moved_micros()),
      .origin = row.origin(),
      .priority = row.priority(),
      .effective_time = row.has_effective_time() ? absl::FromUnixMicros(row.effective_time()) : absl::InfinitePast(),
      .expire_time = row.has_expire_time() ? absl::FromUnixMicros(row.expire_time()) : absl::InfiniteFuture(),
      .actions = {row.actions().begin(), row.actions().end()},
      .reason = row.reason(),
      .granted_by = row.granted_by(),
      .over = row.over(),
      .taken_back = row.taken_back(),
  };
}

storage::v1::BalanceRow RowOf(const Balance& balance, const std::string& currency) {
  storage::v1::BalanceRow row;
  row.set_currency(currency);
  row.set_limit_micros(balance.limit.micros());
  row.set_outstanding_micros(balance.outstanding.micros());
  row.set_held_on_limit_micros(balance.held_on_limit.micros());
  for (const Credit& credit : balance.credits) {
    if (!IsFinished(credit)) *row.add_credits() = RowOf(credit);
  }
  for (const auto& [name, charged] : balance.charged_by_category) {
    storage::v1::BalanceRow::Category& category = *row.add_categories();
    category.set_name(name);
    category.set_charged_micros(charged.micros());
  }
  return row;
}

Balance BalanceOf(const storage::v1::BalanceRow& row) {
  Balance balance;
  balance.limit = Money::Micros(row.limit_micros());
  balance.outstanding = Money::Micros(row.outstanding_micros());
  balance.held_on_limit = Money::Micros(row.held_on_limit_micros());
  for (const storage::v1::CreditRow& credit : row.credits()) balance.credits.push_back(CreditOf(credit));
  for (const storage::v1::BalanceRow::Category& category : row.categories()) {
    balance.charged_by_category[category.name()] = Money::Micros(category.charged_micros());
  }
  return balance;
}

}  // namespace bursar

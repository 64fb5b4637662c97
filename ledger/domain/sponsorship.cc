#include "ledger/domain/sponsorship.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/numeric/int128.h"
#include "absl/time/civil_time.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"

namespace bursar {
namespace {

bool Matches(const Sponsorship& sponsorship, const Sponsored& what) {
  if (!sponsorship.IsOpen(what.time) || sponsorship.currency != what.payer.currency) return false;
  if (!sponsorship.partner_id.empty() && sponsorship.partner_id != what.user.partner_id) return false;
  return what.sku.empty() ? absl::c_linear_search(sponsorship.actions, what.action)
                          : absl::c_linear_search(sponsorship.skus, what.sku);
}

const Sponsorship* FirstThatMatches(const Sponsored& what, const State& state) {
  const Sponsorship* first = nullptr;
  for (const auto& [id, sponsorship] : state.policy.sponsorships) {
    if (!Matches(sponsorship, what)) continue;
    if (first == nullptr || sponsorship.position < first->position) first = &sponsorship;
  }
  return first;
}

bool CanPay(const BillingAccount& account, const State& state, absl::Time now) {
  if (account.setup.status != BillingSetup::Status::kConfirmed) return false;
  const auto id = account.id.organization();
  return !id.has_value() || now < state.Find(*id)->expire_time;
}

Window MonthOf(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilMonth month = absl::ToCivilMonth(time, utc);
  return {.start = absl::FromCivil(month, utc), .end = absl::FromCivil(month + 1, utc)};
}

Money PercentOf(Money amount, int32_t percent) {
  return Money::Micros(static_cast<int64_t>(absl::int128(amount.micros()) * percent / 100));
}

}  // namespace

Money QuotaLeft(const Sponsorship& sponsorship, const BillingAccountId& payer, const State& state, absl::Time now) {
  const auto use = state.sponsored.find({sponsorship.id, payer});
  // By its first instant: a month without use has no end yet.
  if (use == state.sponsored.end() || use->second.month.start != MonthOf(now).start) return sponsorship.quota;
  return std::max(Money(), sponsorship.quota - use->second.used - use->second.held);
}

SponsorShare ShareOf(Money cost, const Sponsored& what, const State& state, absl::Time now) {
  const Sponsorship* sponsorship = FirstThatMatches(what, state);
  if (sponsorship == nullptr) return {};
  const BillingAccount& sponsor = *state.Find(state.Present(sponsorship->account));
  if (sponsor.id == what.payer.id || !CanPay(sponsor, state, now)) return {};
  const Money funds = sponsor.balance.Funds(what.action, now);
  const Money amount = std::min(
      {PercentOf(cost, sponsorship->share_percent), QuotaLeft(*sponsorship, what.payer.id, state, now), funds});
  if (amount <= Money() || !CheckRoomForCharge(amount, sponsor.balance).ok()) return {};
  return {.amount = amount, .sponsorship = sponsorship, .sponsor = &sponsor, .month = MonthOf(now)};
}

storage::v1::SponsorshipCharged ChargedTo(const SponsorShare& share, const BillingAccount& payer) {
  storage::v1::SponsorshipCharged charged;
  charged.set_sponsorship_id(share.sponsorship->id);
  charged.set_billing_account(share.sponsor->id.text());
  charged.set_payer(payer.id.text());
  charged.set_currency(share.sponsor->currency);
  charged.set_window_start(absl::ToUnixMicros(share.month.start));
  charged.set_window_end(absl::ToUnixMicros(share.month.end));
  return charged;
}

}  // namespace bursar

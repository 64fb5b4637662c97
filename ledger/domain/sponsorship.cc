#include "ledger/domain/sponsorship.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/numeric/int128.h"
#include "absl/time/civil_time.h"
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"

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

// Holds --------------------------------------------------------------------------------------------------------------

namespace {

const BillingAccount& SponsorOf(const Hold& hold, const State& state) {
  const BillingAccount* sponsor = state.Find(hold.sponsored.account);
  BURSAR_CHECK(sponsor != nullptr);
  return *sponsor;
}

// The sponsor's event in an entry about a hold; nullptr where there is none.
const storage::v1::Event* SponsorsEvent(const Events& events) {
  const auto found = absl::c_find_if(events, [](const storage::v1::Event& event) {
    return event.has_sponsorship_held() || event.has_sponsorship_charged() || event.has_sponsorship_returned();
  });
  return found == events.end() ? nullptr : &*found;
}

}  // namespace

SponsorShare ShareOfMore(Money additional, const Hold& hold, const State& state, absl::Time now) {
  const User* user = state.Find(state.Present(hold.user));
  const BillingAccount* payer = state.Find(hold.account);
  BURSAR_CHECK(user != nullptr && payer != nullptr);
  const SponsorShare share =
      ShareOf(additional, {.user = *user, .payer = *payer, .action = hold.action, .sku = "", .time = now}, state, now);
  if (share.amount == Money() || hold.sponsored.parts.empty()) return share;
  const SponsoredHold& kept = hold.sponsored;
  const bool goes_on = share.sponsorship->id == kept.sponsorship_id && share.sponsor->id == kept.account &&
                       share.month.start == kept.month.start;
  return goes_on ? share : SponsorShare();
}

void HoldShare(Events& events, const SponsorShare& share, HoldId hold, const std::string& action,
               const BillingAccount& payer, absl::Time now) {
  if (share.amount == Money()) return;
  auto& held = *events.emplace_back().mutable_sponsorship_held();
  held.set_hold(hold.number());
  held.set_sponsorship_id(share.sponsorship->id);
  held.set_billing_account(share.sponsor->id.text());
  held.set_payer(payer.id.text());
  held.set_currency(share.sponsor->currency);
  SetParts(*held.mutable_parts(), share.sponsor->balance.Draw(share.amount, action, now));
  held.set_window_start(absl::ToUnixMicros(share.month.start));
  held.set_window_end(absl::ToUnixMicros(share.month.end));
}

Money CapturedShare(Money cost, const Hold& hold, const State& state) {
  const Money held = Sum(hold.sponsored.parts);
  if (held == Money()) return held;
  return std::min(PercentOf(cost, state.policy.sponsorships.at(hold.sponsored.sponsorship_id).share_percent), held);
}

void CaptureShare(Events& events, Money amount, bool last, const std::string& category, const Hold& hold,
                  const State& state) {
  if (amount == Money()) {
    if (last) ReturnShare(events, hold, state);
    return;
  }
  const BillingAccount& sponsor = SponsorOf(hold, state);
  const auto [drawn, left] = Split(hold.sponsored.parts, amount);
  auto& charged = *events.emplace_back().mutable_sponsorship_charged();
  charged.set_sponsorship_id(hold.sponsored.sponsorship_id);
  charged.set_billing_account(sponsor.id.text());
  charged.set_payer(hold.account.text());
  charged.set_currency(sponsor.currency);
  charged.set_user_id(hold.user.text());
  charged.set_project(hold.project.number());
  charged.set_category(category);
  SetParts(*charged.mutable_drawn(), drawn);
  charged.set_hold(hold.id.number());
  if (last) SetReturned(*charged.mutable_returned(), left, sponsor.balance);
  charged.set_window_start(absl::ToUnixMicros(hold.sponsored.month.start));
  charged.set_window_end(absl::ToUnixMicros(hold.sponsored.month.end));
}

void ReturnShare(Events& events, const Hold& hold, const State& state) {
  if (hold.sponsored.parts.empty()) return;
  const BillingAccount& sponsor = SponsorOf(hold, state);
  auto& returned = *events.emplace_back().mutable_sponsorship_returned();
  returned.set_hold(hold.id.number());
  returned.set_sponsorship_id(hold.sponsored.sponsorship_id);
  returned.set_billing_account(sponsor.id.text());
  returned.set_payer(hold.account.text());
  returned.set_currency(sponsor.currency);
  SetReturned(*returned.mutable_returned(), hold.sponsored.parts, sponsor.balance);
}

void NoticeSponsor(Events& events, const State& state, absl::Time now) {
  const storage::v1::Event* event = SponsorsEvent(events);
  if (event == nullptr) return;
  const BillingAccount* sponsor = state.Find(AccountOf(*event));
  BURSAR_CHECK(sponsor != nullptr);
  Balance after = sponsor->balance;
  after.Apply(*event, state.position + 1, "");
  NoticeFunds(events, *sponsor, after.Funds(now));
}

}  // namespace bursar

// What the log says of credits taken back, charges undone, usage set aside, and sponsors.
#include <algorithm>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tests/laws/model.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;

int64_t MonthOf(int64_t time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::ToUnixMicros(absl::FromCivil(absl::ToCivilMonth(absl::FromUnixMicros(time), utc), utc));
}

}  // namespace

int64_t SponsoredIn(const storage::v1::Entry& entry) {
  int64_t sum = 0;
  for (const Event& event : entry.events()) sum += SumOf(PartsOf(event.sponsorship_charged().drawn()));
  return sum;
}

ModelShare Model::ShareOf(const ModelSponsored& what, int64_t now) const {
  ModelShare share;
  for (const auto& one : sponsorships) {
    const auto& names = what.sku.empty() ? one.actions() : one.skus();
    const bool named = std::count(names.begin(), names.end(), what.sku.empty() ? what.action : what.sku) > 0;
    const bool open = one.start_time() <= what.time && (one.end_time() == 0 || what.time < one.end_time());
    const bool partner = one.partner_id().empty() || one.partner_id() == partners_of_users.at(what.user);
    if (!named || !open || !partner || one.currency() != accounts.at(what.payer).currency) continue;
    const ModelAccount& sponsor = accounts.at(one.billing_account());
    const bool pays = sponsor.setup == ModelAccount::Setup::kConfirmed && now < sponsor.organization_expire_time;
    if (one.billing_account() == what.payer || !pays) return share;
    const auto used = sponsored.find({one.sponsorship_id(), what.payer});
    const bool this_month = used != sponsored.end() && used->second.first == MonthOf(now);
    share.wanted = static_cast<int64_t>(absl::int128(what.cost) * one.share_percent() / 100);
    share.quota_left = one.quota_micros() - (this_month ? used->second.second : 0);
    share.funds = sponsor.Funds(what.action, now);
    share.amount = std::max<int64_t>(0, std::min({share.wanted, share.quota_left, share.funds}));
    share.sponsorship = one.sponsorship_id();
    share.sponsor = one.billing_account();
    return share;
  }
  return share;
}

// What is charged without having been held.
void Model::Pay(ModelAccount& account, const ModelParts& drawn, const std::string& category) {
  for (const auto& [number, amount] : drawn) {
    account.charged_by_category[category] += amount;
    (number == 0 ? account.charged_on_limit : account.credits.at(number).charged) += amount;
  }
}

template <class ReversingEvent>
void Model::Reverse(const ReversingEvent& event) {
  ModelAccount& account = accounts.at(event.billing_account());
  for (const auto& [number, amount] : PartsOf(event.returned())) {
    account.charged_by_category[event.category()] -= amount;
    if (number == 0) {
      account.reversed_on_limit += amount;
      continue;
    }
    ModelCredit& credit = account.credits.at(number);
    credit.reversed += amount;
    if (credit.Forfeits()) (credit.taken_back ? credit.reversed_taken : credit.reversed_late) += amount;
  }
  charges.at(event.charge()).reversed += SumOf(PartsOf(event.returned()));
  if (event.prepaid_micros() == 0) return;
  account.prepaid_by_reversal += event.prepaid_micros();
  ModelCredit& credit = account.credits[event.credit()];
  credit.priority = kLastPriority;
  credit.granted = event.prepaid_micros();
  credit.effective_time = INT64_MIN;
  credit.prepaid = true;
}

// Of the period that the charge is in, while that lasts; and where the budget is still one of the account.
void Model::GiveBudgetsBack(const storage::v1::ChargeReversed& event, int64_t now) {
  ModelCharge& charge = charges.at(event.charge());
  for (auto& [number, counted] : charge.budgets) {
    const auto budget = budgets.find(number);
    if (budget == budgets.end() || budget->second.account != event.billing_account()) continue;
    if (budget->second.SamePeriod(charge.time, now)) counted -= SumOf(PartsOf(event.returned()));
  }
}

void Model::ApplyUndoing(const Event& event, const storage::v1::Entry& entry) {
  switch (event.kind_case()) {
    case Event::kSponsorshipPublished:
      sponsorships.push_back(event.sponsorship_published());
      return;
    case Event::kSponsorshipCharged: {
      const auto& charged = event.sponsorship_charged();
      ModelCharge& charge = charges.at(entry.position());
      charge.sponsor = charged.billing_account();
      charge.sponsored = PartsOf(charged.drawn());
      auto& [month, used] = sponsored[{charged.sponsorship_id(), charged.payer()}];
      used = (month == charged.window_start() ? used : 0) + SumOf(charge.sponsored);
      month = charged.window_start();
      return Pay(accounts.at(charged.billing_account()), charge.sponsored, charged.category());
    }
    case Event::kSponsorshipReversed: {
      const auto& reversed = event.sponsorship_reversed();
      auto& [month, used] = sponsored[{reversed.sponsorship_id(), reversed.payer()}];
      if (month == reversed.window_start()) used -= SumOf(PartsOf(reversed.returned()));
      return Reverse(reversed);
    }
    case Event::kChargeReversed:
      GiveBudgetsBack(event.charge_reversed(), entry.commit_time());
      return Reverse(event.charge_reversed());
    case Event::kCreditRevoked: {
      const auto& revoked = event.credit_revoked();
      ModelCredit& credit = accounts.at(revoked.billing_account()).credits.at(revoked.credit());
      credit.over = true;
      credit.taken_back = true;
      credit.taken += revoked.amount_micros();
      return;
    }
    case Event::kUsageQuarantined: {
      const auto& set_aside = event.usage_quarantined();
      quarantined[set_aside.quarantine()] = {.account = set_aside.billing_account(),
                                             .user = set_aside.user_id(),
                                             .metered = {.sku = set_aside.sku(),
                                                         .region = set_aside.region(),
                                                         .quantity = set_aside.quantity(),
                                                         .usage_time = absl::FromUnixMicros(set_aside.usage_time())}};
      return;
    }
    case Event::kQuarantineReleased:
      quarantined.erase(event.quarantine_released().quarantine());
      return;
    case Event::kQuarantineDiscarded:
      quarantined.erase(event.quarantine_discarded().quarantine());
      return;
    default:
      return;
  }
}

}  // namespace bursar::laws

// Who pays a share of what others' actions and usage cost.
#include <algorithm>

#include "tests/oracle/gate.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

template <class Names>
bool Lists(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Sponsorship* FindSponsorship(World& world, const User& user, const Account& payer, const std::string& action,
                                   const std::string& sku, absl::Time when) {
  for (const Sponsorship& sponsorship : world.sponsorships) {
    const auto& policy = sponsorship.policy;
    const std::string sponsor = world.Present(policy.billing_account());
    if (when < sponsorship.start || when >= sponsorship.end) continue;
    if (!policy.partner_id().empty() && policy.partner_id() != user.partner) continue;
    if (world.accounts[sponsor].currency != payer.currency) continue;
    if (action.empty() ? Lists(policy.skus(), sku) : Lists(policy.actions(), action)) return &sponsorship;
  }
  return nullptr;
}

// Whether an account may be billed: a sponsor has to be, like any payer, and never sponsors itself.
bool CanPay(World& world, const std::string& sponsor, const Account& payer, absl::Time now) {
  if (sponsor == payer.id || !IsSetUp(world, sponsor)) return false;
  const User* owner = world.FindUser(sponsor);
  const Organization* organization = world.OrganizationOf(sponsor);
  return (owner == nullptr || !owner->closed) && (organization == nullptr || organization->expire > now);
}

}  // namespace

void CountShare(World& world, const std::string& sponsorship, const std::string& payer, absl::Time start,
                absl::Time end, Wide used, Wide held) {
  SponsorUse& use = world.sponsor_uses[{sponsorship, payer}];
  if (use.end < end) use = {.start = start, .end = end};
  if (use.start != start) return;
  use.used = std::max<Wide>(use.used + used, 0);
  use.held += held;
}

Share ShareOf(World& world, Wide cost, const std::string& user, const std::string& payer, const std::string& action,
              const std::string& sku, absl::Time when, absl::Time now) {
  const User* person = world.FindUser(user);
  const Account* account = world.FindAccount(payer);
  if (person == nullptr || account == nullptr) return {};
  const Sponsorship* sponsorship = FindSponsorship(world, *person, *account, action, sku, when);
  if (sponsorship == nullptr) return {};
  if (!CanPay(world, world.Present(sponsorship->policy.billing_account()), *account, now)) return {};
  Share share{.sponsorship = sponsorship->policy.sponsorship_id(),
              .sponsor = world.Present(sponsorship->policy.billing_account())};
  SetWindow(v1::Budget::PERIOD_MONTH, "UTC", now, share.month_start, share.month_end);
  Wide quota = sponsorship->policy.quota_micros();
  const auto use = world.sponsor_uses.find({share.sponsorship, payer});
  if (use != world.sponsor_uses.end() && use->second.start == share.month_start) {
    quota -= use->second.used + use->second.held;
  }
  const Wide funds = Funds(world.accounts[share.sponsor], action, now);
  share.micros = std::max<Wide>(0, std::min({cost * sponsorship->policy.share_percent() / 100, quota, funds}));
  return share;
}

}  // namespace bursar::oracle

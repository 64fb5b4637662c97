// Two users of one person become one.
#include <algorithm>

#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

bool IsPromotion(const User& user, v1::Entitlement::Status status) {
  return user.entitlement.has_value() && user.entitlement->status() == status;
}

// One promotion credit per person: the survivor's stays, and what is left of the other is taken back.
Wide TakePromotionBack(Account& account) {
  const Sums sums = account.Add();
  Wide revoked = 0;
  for (size_t lot = 1; lot < sums.size(); ++lot) {
    Credit& credit = account.credits[lot - 1];
    if (!credit.promotion || credit.over || credit.revoked) continue;
    credit.revoked = true;
    revoked += sums[lot][kAvailable];
    account.Put(lot, kAvailable, kRevoked, Narrow(sums[lot][kAvailable]));
  }
  return revoked;
}

// What an account has in credits, held or not.
Wide InCredits(const Account& account) {
  const Sums sums = account.Add();
  Wide total = 0;
  for (size_t lot = 1; lot < sums.size(); ++lot) total += sums[lot][kAvailable] + sums[lot][kHeld];
  return total;
}

Answer MergeUsers(World& world, const Asked& asked, const v1::MergeUsersRequest& request) {
  User* from = world.FindUser(request.from_user_id());
  User* into = world.FindUser(request.into_user_id());
  if (from == nullptr || into == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  // What is left over of mergers that meet others is left to the product's own tests.
  if (!from->merged_into.empty() || !into->merged_into.empty() || from == into || from->closed || into->closed) {
    return Refuse(v1::ERROR_REASON_NOT_MERGEABLE);
  }
  Account& source = world.accounts[from->id];
  Account& target = world.accounts[into->id];
  if (source.currency != target.currency) return Refuse(v1::ERROR_REASON_NOT_MERGEABLE);
  if (std::any_of(world.holds.begin(), world.holds.end(), [&](const auto& hold) {
        return !hold.second.expired && (hold.second.account == source.id ||
                                        (hold.second.sponsor == source.id && !hold.second.sponsored.empty()));
      })) {
    return Refuse(v1::ERROR_REASON_NOT_SETTLED);
  }
  if (InCredits(source) + InCredits(target) > kMost || Owed(source) + Owed(target) > kMost) {
    // Which total counts where a second promotion credit is taken back is not documented.
    if (asked.seen == nullptr) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);
  }
  v1::MergeUsersResponse response;
  response.set_from_user_id(from->id);
  response.set_into_user_id(into->id);
  const Wide before = Funds(target, "", asked.now);
  if (IsPromotion(*from, v1::Entitlement::STATUS_GRANTED)) {
    if (IsPromotion(*into, v1::Entitlement::STATUS_GRANTED)) {
      response.set_revoked_micros(Narrow(TakePromotionBack(source)));
    } else {
      into->entitlement = from->entitlement;
    }
  } else if (IsPromotion(*from, v1::Entitlement::STATUS_ENTITLED)) {
    const bool can_redeem = !into->entitlement.has_value() && !target.confirmed &&
                            into->upgrade != v1::User::UPGRADE_INTERNAL &&
                            from->entitlement->currency() == target.currency;
    if (can_redeem) into->entitlement = from->entitlement;
    from->entitlement->set_status(v1::Entitlement::STATUS_LAPSED);
  }
  const Sums sums = source.Add();
  Wide moved = 0;
  for (size_t lot = 1; lot < sums.size(); ++lot) {
    const Wide available = sums[lot][kAvailable];
    Credit& credit = source.credits[lot - 1];
    if (available <= 0 || credit.revoked || credit.over) continue;
    Credit copy = credit;
    copy.granted = Narrow(available);
    source.Put(lot, kAvailable, kMoved, Narrow(available));
    moved += available;
    AddCredit(world, target, copy);
  }
  const Wide owed = std::max<Wide>(Owed(source), 0);
  source.Put(0, kCharged, kOutside, Narrow(owed));
  target.Put(0, kOutside, kCharged, Narrow(owed));
  source.limit = 0;
  source.limit_end = absl::InfiniteFuture();
  if (source.open_increase != 0) {
    world.increases[source.open_increase].set_status(v1::LimitIncrease::STATUS_WITHDRAWN);
    *world.increases[source.open_increase].mutable_decision_time() = ToTimestamp(asked.now);
    source.open_increase = 0;
  }
  for (auto& [name, organization] : world.organizations) {
    if (const auto member = organization.members.find(from->id); member != organization.members.end()) {
      Access& access = organization.members[into->id];
      access.admin |= member->second.admin;
      access.bills |= member->second.bills;
      organization.members.erase(from->id);
      organization.invitations.erase(into->id);
    }
    if (const auto invited = organization.invitations.find(from->id); invited != organization.invitations.end()) {
      if (organization.members.count(into->id) == 0) organization.invitations.emplace(into->id, invited->second);
      organization.invitations.erase(from->id);
    }
  }
  for (auto& [id, project] : world.projects) {
    if (project.owner == from->id) project.owner = into->id;
    if (project.payer == from->id) project.payer = into->id;
  }
  for (auto& [id, account] : world.accounts) {
    for (Budget& budget : account.budgets) {
      if (budget.user == from->id) budget.user = into->id;
    }
  }
  // The others stay where nothing is charged any more.
  const auto moving = std::stable_partition(source.budgets.begin(), source.budgets.end(),
                                            [](const Budget& budget) { return budget.project.empty(); });
  target.budgets.insert(target.budgets.end(), moving, source.budgets.end());
  source.budgets.erase(moving, source.budgets.end());
  std::sort(target.budgets.begin(), target.budgets.end(),
            [](const Budget& a, const Budget& b) { return a.number < b.number; });
  for (const auto& identity : from->identities) into->identities.push_back(identity);
  for (auto& [number, hold] : world.holds) {
    if (hold.user == from->id) hold.user = into->id;
  }
  from->merged_into = into->id;
  UpgradeByOrganization(world, into->id);
  Notice(target, false, before, asked.now);
  // What a merger does to what funds are measured by is not documented.
  target.setup_is_foggy = target.setup_is_foggy || source.setup == v1::BillingSetup::STATUS_PENDING;
  if (moved > 0 || owed > 0) response.set_currency(target.currency);
  response.set_credits_micros(Narrow(moved));
  response.set_outstanding_micros(Narrow(owed));
  response.set_position(asked.position);
  return Give(std::move(response));
}

}  // namespace

void AddMerging(Handlers& handlers) { On<v1::MergeUsersRequest>(handlers, MergeUsers); }

}  // namespace bursar::oracle

// Usage, right and wrong; what it costs others; and what is taken back of it.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/laws/workload.h"

namespace bursar::laws {
namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;

absl::Time At(int64_t micros) { return absl::FromUnixMicros(micros); }

template <class Map>
auto AnyKey(const Map& map, Dice& dice) {
  return std::next(map.begin(), dice.Below(static_cast<int64_t>(map.size())))->first;
}

}  // namespace

Asked Workload::Usage() {
  RecordUsage usage{.user = AnyUser(), .project = AnyProject(), .metered = AnyMetered()};
  if (dice_.OneIn(3)) usage.bill_to = AnyAccount();
  if (dice_.OneIn(30)) usage.metered.quantity = dice_.Pick<int64_t>({-1, -3, -INT64_MAX});
  return AsService(std::move(usage));
}

Asked Workload::Sponsoring() {
  PublishSponsorship sponsorship{
      .sponsorship_id = absl::StrCat("sponsorship-", dice_.Below(4)),
      .billing_account = dice_.OneIn(4) ? AnyAccount() : BillingAccountId(OrganizationId::OfHandle("lab")),
      .partner_id = dice_.OneIn(4) ? "cloud" : "",
      // Sponsored holds are tested for themselves, in tests/domain/sponsorship_test.cc.
      .actions = {"no.action"},
      .skus = {"cpu", "disk"},
      .share_percent = dice_.Pick<int32_t>({1, 33, 50, 100}),
      .quota = Some()};
  if (dice_.OneIn(3)) sponsorship.skus = {"whole"};
  if (dice_.OneIn(3)) sponsorship.actions.clear();
  if (dice_.OneIn(4)) sponsorship.start_time = At(now_ + dice_.Pick<int64_t>({-1, 0, 1, kHour}));
  if (dice_.OneIn(4)) sponsorship.end_time = At(now_ + dice_.Pick<int64_t>({0, 1, kHour, kDay}));
  return AsOperator(std::move(sponsorship));
}

Asked Workload::Revoking() {
  RevokeCredit revoke{.credit = CreditId(1'000'000), .reason = "no more"};
  if (!model_.accounts.empty() && !dice_.OneIn(40)) {
    const ModelAccount& account = model_.accounts.at(AnyKey(model_.accounts, dice_));
    if (!account.credits.empty()) revoke.credit = CreditId(AnyKey(account.credits, dice_));
  }
  return AsOperator(std::move(revoke));
}

Asked Workload::Reversing() {
  ReverseCharge reverse{.charge = ChargeId(1), .reason = "wrong"};
  reverse.cause = dice_.OneIn(2) ? ReversalCause::kPlatformFailure : ReversalCause::kCorrection;
  if (!model_.charges.empty()) {
    // The newest ones may still have an open hold.
    const uint64_t number = dice_.OneIn(3) ? model_.charges.rbegin()->first : AnyKey(model_.charges, dice_);
    const ModelCharge& charge = model_.charges.at(number);
    reverse.charge = ChargeId(number);
    reverse.charged = charge.entry;
    if (dice_.OneIn(2)) reverse.amount = std::max(Money::Micros(1), Around(charge.left()));
  }
  if (dice_.OneIn(40)) reverse.charge = ChargeId(reverse.charge.number() + 1);
  return {{.role = dice_.Pick({Role::kOperator, Role::kService, Role::kFinance}), .name = "olga"}, std::move(reverse)};
}

std::optional<Asked> Workload::PressingUndoing() {
  for (const auto& sponsorship : model_.sponsorships) {
    if (sponsorship.actions().empty() || model_.expired_holds.empty() || !dice_.OneIn(6)) continue;
    const auto& credits = model_.accounts.at(sponsorship.billing_account()).credits;
    const bool restricted = std::any_of(credits.begin(), credits.end(), [this](const auto& credit) {
      return !credit.second.actions.empty() && credit.second.available() > 0 &&
             credit.second.PaysFor("analysis.run", now_);
    });
    if (restricted) {
      return AsService(CaptureHold{.hold = HoldId(model_.expired_holds.rbegin()->first), .cost = Around(20)});
    }
    return AsOperator(GrantCredit{.billing_account = BillingAccountId::Trusted(sponsorship.billing_account()),
                                  .amount = Some(),
                                  .actions = {"analysis.run"},
                                  .reason = "for others"});
  }
  if (!model_.quarantined.empty() && dice_.OneIn(8)) {
    return AsOperator(ReleaseQuarantinedUsage{.quarantine = QuarantineId(AnyKey(model_.quarantined, dice_))});
  }
  for (const auto& [number, hold] : model_.holds) {
    const ModelAccount& account = model_.accounts.at(hold.account);
    for (const auto& [id, amount] : hold.parts) {
      if (id == 0) continue;
      const ModelCredit& credit = account.credits.at(id);
      if (credit.taken_back && dice_.OneIn(2)) return AsService(ReleaseHold{.hold = HoldId(number)});
      if (!credit.over && dice_.OneIn(credit.prepaid ? 2 : 20)) {
        return AsOperator(RevokeCredit{.credit = CreditId(id), .reason = "no more"});
      }
    }
  }
  for (const auto& [number, charge] : model_.charges) {
    if (model_.holds.count(charge.hold) != 0 && charge.left() > 0 && dice_.OneIn(10)) {
      return AsOperator(ReverseCharge{.charge = ChargeId(number),
                                      .cause = ReversalCause::kPlatformFailure,
                                      .reason = "broken",
                                      .charged = charge.entry});
    }
    if (charge.left() == 0 || charge.drawn.empty() || charge.drawn.back().first == 0) continue;
    const ModelCredit& credit = model_.accounts.at(charge.account).credits.at(charge.drawn.back().first);
    if (!credit.taken_back || dice_.OneIn(2)) continue;
    return AsOperator(ReverseCharge{.charge = ChargeId(number), .reason = "wrong", .charged = charge.entry});
  }
  return std::nullopt;
}

std::optional<Asked> Workload::PressingHolds() {
  std::map<std::string, int> spent;
  for (const auto& [number, hold] : model_.holds) {
    if (hold.project == 0 && !model_.MayBill(hold.user, hold.account)) {
      return AsService(
          CaptureHold{.hold = HoldId(number), .cost = std::max(Money::Micros(1), Around(SumOf(hold.parts)))});
    }
    const auto owner = BillingAccountId::Trusted(hold.account).user();
    if (owner.has_value() && dice_.OneIn(8)) {
      return AsSupport(MergeUsers{.from = *owner, .into = AnyUser(), .reason = "the same person"});
    }
    const auto organization = BillingAccountId::Trusted(hold.account).organization();
    if (organization.has_value() && hold.project == 0 && dice_.OneIn(3)) {
      const auto members = model_.members.find(organization->text());
      const auto member = members->second.find(hold.user);
      if (member == members->second.end()) continue;
      const MemberAccess access{.admin = member->second.admin, .allow_billable_activities = false};
      return AsUser(
          AdminOf(*organization),
          SetMemberAccess{.organization = *organization, .user = UserId::Trusted(hold.user), .access = access});
    }
    if (!hold.parts.empty() || hold.terminating || ++spent[hold.account] < 2) continue;
    const int64_t funds = model_.accounts.at(hold.account).Funds("", now_);
    if (funds <= 0 || funds > 1'000'000) continue;
    return AsService(RecordUsage{.user = UserId::Trusted(hold.user),
                                 .bill_to = BillingAccountId::Trusted(hold.account),
                                 .metered = {.sku = "huge", .quantity = 2 * funds + 2}});
  }
  return std::nullopt;
}

Asked Workload::Deciding() {
  const QuarantineId record(model_.quarantined.empty() || dice_.OneIn(40) ? 1'000'000
                                                                          : AnyKey(model_.quarantined, dice_));
  if (dice_.OneIn(4)) return AsOperator(DiscardQuarantinedUsage{.quarantine = record, .reason = "broken"});
  ReleaseQuarantinedUsage release{.quarantine = record};
  if (dice_.OneIn(2)) release.quantity = dice_.Pick<int64_t>({0, 1, 2, 10, -1});
  return AsOperator(std::move(release));
}

}  // namespace bursar::laws

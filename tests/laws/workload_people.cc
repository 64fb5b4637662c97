// People who turn out to be one, who leave, and whose projects go to others.
#include <optional>
#include <utility>

#include "tests/laws/workload.h"

namespace bursar::laws {
namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kDay = 24 * 60 * kMinute;

template <class Map>
auto AnyKey(const Map& map, Dice& dice) {
  return std::next(map.begin(), dice.Below(static_cast<int64_t>(map.size())))->first;
}

}  // namespace

// Rare: a world without people has nothing to show.
Asked Workload::Ending() {
  const UserId user = AnyUser();
  switch (dice_.Below(3)) {
    case 0:
      return AsSupport(MergeUsers{.from = user, .into = AnyUser(), .reason = "the same person"});
    case 1:
      return dice_.OneIn(2) ? AsSupport(CloseUser{.user = user}) : AsUser(user, CloseUser{.user = user});
    default:
      return AsSupport(LinkIdentity{
          .user = user,
          .identity = {.issuer = "https://login.example.org", .subject = std::string(AnyUser().handle())}});
  }
}

Asked Workload::Leaving(const OrganizationId& organization, const UserId& user) {
  const int64_t roll = dice_.Below(7);
  if (roll < 4) {
    const UserId actor = dice_.OneIn(2) ? user : AdminOf(organization);
    return AsUser(actor, RemoveMember{.organization = organization, .user = user});
  }
  if (roll < 6) {
    // Not for long: members of an expired organization have little to do.
    std::optional<absl::Time> expiry;
    if (dice_.OneIn(4)) expiry = absl::FromUnixMicros(now_ + dice_.Pick<int64_t>({0, 1, kMinute, 7 * kDay}));
    return AsOperator(SetOrganizationExpiry{.organization = organization, .expire_time = expiry});
  }
  return AsUser(AdminOf(organization), SetOrganizationSettings{.organization = organization,
                                                               .hides_admins = dice_.OneIn(2),
                                                               .restricts_transfers = dice_.OneIn(2)});
}

Asked Workload::Transfer() {
  const ProjectId project = AnyProject();
  const auto payer = model_.projects.find(project.number());
  const bool known = payer != model_.projects.end() && dice_.OneIn(2);
  const UserId user = known ? AskerFor(BillingAccountId::Trusted(payer->second)) : AnyUser();
  for (const auto& [id, account] : model_.accounts) {
    const bool pays = account.setup == ModelAccount::Setup::kConfirmed && account.Funds("", now_) > 0;
    if (!known || id == payer->second || !pays || !model_.AnswersFor(user.text(), id)) continue;
    return AsUser(user, SetProjectPayer{.user = user, .project = project, .bill_to = BillingAccountId::Trusted(id)});
  }
  if (dice_.OneIn(2)) return AsUser(user, SetProjectPayer{.user = user, .project = project, .bill_to = AnyAccount()});
  if (model_.offers.empty()) return AsUser(user, DeclineProjectTransfer{.user = user, .project = project});
  const uint64_t offered = AnyKey(model_.offers, dice_);
  const UserId receiver = AskerFor(BillingAccountId::Trusted(model_.offers.at(offered)));
  if (dice_.OneIn(4)) {
    return AsUser(receiver, DeclineProjectTransfer{.user = receiver, .project = ProjectId(offered)});
  }
  return AsUser(receiver, AcceptProjectTransfer{.user = receiver, .project = ProjectId(offered)});
}

}  // namespace bursar::laws

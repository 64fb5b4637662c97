#include "tests/laws/workload.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::laws {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
// The last second that a request can name: the end of the year 9999.
constexpr int64_t kLastTime = 253'402'300'799 * kSecond;

const std::vector<std::string> kHandles = {"ada", "bob", "cyd", "dan", "eve", "fay"};
const std::vector<std::string> kOrganizations = {"lab", "uni"};
const std::vector<std::string> kActions = {"data.egress", "data.egress",    "folder.create",
                                           "data.delete", "project.create", "no.such"};
const std::vector<std::string> kSkus = {"cpu", "cpu", "disk", "disk", "net", "whole", "free", "huge", "no.such"};

absl::Time At(int64_t micros) { return absl::FromUnixMicros(micros); }

UserId User(const std::string& handle) { return UserId::OfHandle(handle); }
OrganizationId Organization(const std::string& handle) { return OrganizationId::OfHandle(handle); }
Principal Operator(const std::string& name) { return {.role = Role::kOperator, .name = name}; }

template <class Map>
auto AnyKey(const Map& map, Dice& dice) {
  return std::next(map.begin(), dice.Below(static_cast<int64_t>(map.size())))->first;
}

}  // namespace

Workload::Workload(uint64_t seed, const Model& model) : dice_(seed), model_(model), rich_(dice_.OneIn(8)) {
  if (!dice_.OneIn(16)) Begin();
}

int64_t Workload::Later(int64_t now, int64_t next_due) {
  const int64_t roll = dice_.Below(1000);
  if (roll < 650) return now;
  if (roll < 800) return now + 1;
  if (roll < 850) return next_due < now + 100 * kDay ? std::max(now, next_due + dice_.Pick<int64_t>({-1, 0, 1})) : now;
  if (roll < 930) return now + dice_.Below(30 * kSecond);
  if (roll < 970) return now + kMinute - dice_.Below(2);
  if (roll < 990) return now + dice_.Below(kHour);
  if (roll < 998) return now + dice_.Below(2 * kDay);
  return now + (dice_.OneIn(4) ? 31 : 7) * kDay;
}

Asked Workload::Next(int64_t now) {
  now_ = now;
  if (!beginning_.empty()) {
    Asked next = std::move(beginning_.front());
    beginning_.pop_front();
    // The beginnings of worlds differ by what is missing.
    if (!dice_.OneIn(20)) return next;
  }
  if (dice_.OneIn(25)) return last_;
  last_ = Random();
  if (dice_.OneIn(25)) last_.principal = AnyPrincipal();
  return last_;
}

Asked Workload::AsOperator(Command command) { return {Operator("olga"), std::move(command)}; }

Asked Workload::AsService(Command command) { return {{.role = Role::kService, .name = "portal"}, std::move(command)}; }

Asked Workload::AsSupport(Command command) { return {{.role = Role::kSupport, .name = "sam"}, std::move(command)}; }

Asked Workload::AsUser(const UserId& user, Command command) {
  return {{.role = Role::kUser, .name = std::string(user.handle())}, std::move(command)};
}

void Workload::Begin() {
  const auto add = [this](Asked asked) { beginning_.push_back(std::move(asked)); };
  add(AsOperator(PublishPartner{.partner_id = "cloud", .display_name = "Cloud", .default_region = "eu"}));
  add(AsOperator(PublishPromotion{
      .promotion_id = "welcome",
      .partner_id = "cloud",
      .amount = Money::Micros(1 + dice_.Below(40)),
      .currency = "USD",
      .end_time = dice_.OneIn(2) ? std::optional<absl::Time>(At(kHour + dice_.Below(kDay))) : std::nullopt,
      .credit_lifetime = absl::Hours(dice_.Below(72)),
      .credit_priority = 10}));
  add(AsOperator(PublishTerms{.document = Document::kTerms, .version = "t1"}));
  add(AsOperator(PublishTerms{.document = Document::kPricing, .version = "p1"}));
  add(AsOperator(Catalogue()));
  add(AsOperator(Prices("USD")));
  add(AsOperator(Prices("EUR")));
  for (const std::string handle : {"ada", "bob", "cyd", "dan", "eve"}) {
    add({{},
         RegisterUser{.handle = handle,
                      .person = {.name = handle, .email = absl::StrCat(handle, "@example.org")},
                      .partner_id = dice_.OneIn(3) ? "" : "cloud",
                      .currency = handle == "cyd" ? "EUR" : "USD"}});
  }
  add(AsUser(User("ada"), CreateOrganization{.handle = "lab", .name = "Lab", .admin = User("ada"), .currency = "USD"}));
  add(AsUser(User("ada"), InviteMember{.organization = Organization("lab"),
                                       .user = User("bob"),
                                       .access = {.admin = dice_.OneIn(3), .allow_billable_activities = true}}));
  add(AsUser(User("bob"), AcceptInvitation{.organization = Organization("lab"), .user = User("bob")}));
  std::vector<BillingAccountId> set_up = {BillingAccountId(User("ada")), BillingAccountId(Organization("lab"))};
  if (dice_.OneIn(2)) set_up.emplace_back(User("bob"));
  for (const BillingAccountId& account : set_up) {
    const LinkSeed link = NewLink();
    const UserId user = account.user().value_or(User("ada"));
    add(AsUser(user, SubmitAccountUpgrade{.billing_account = account,
                                          .user = user,
                                          .contact = {.name = "Fin", .email = "fin@example.org"},
                                          .terms_version = "t1",
                                          .pricing_version = "p1",
                                          .link = link}));
    add({{}, ConfirmBilling{.selector = link.selector, .secret_hash = link.secret_hash}});
    add(AsOperator(GrantCredit{.billing_account = account, .amount = Some(), .reason = "start"}));
    add(AsOperator(SetSpendingLimit{.billing_account = account, .limit = Some()}));
  }
  add(AsUser(User("bob"),
             SetDefaultPayer{.user = User("bob"), .billing_account = BillingAccountId(Organization("lab"))}));
  add(AsUser(User("bob"), CreateProject{.user = User("bob"), .name = "genomes"}));
  add(AsUser(User("ada"), CreateProject{.user = User("ada"), .name = "exomes"}));
  if (dice_.OneIn(2)) add(Sponsoring());
}

// In about these shares, of a thousand.
Asked Workload::Random() {
  if (dice_.OneIn(8)) {
    if (auto pressing = Pressing()) return *std::move(pressing);
  }
  const int64_t roll = dice_.Below(1000);
  if (roll < 15) return Policy();
  if (roll < 40) return People();
  if (roll < 90) return Membership();
  if (roll < 140) return Billing();
  if (roll < 260) return Funding();
  if (roll < 275) return Budgeting();
  if (roll < 335) return Increase();
  if (roll < 385) return Usage();
  if (roll < 400) return Revoking();
  if (roll < 430) return Reversing();
  if (roll < 440) return Deciding();
  return Holding();
}

Asked Workload::Policy() {
  const std::optional<absl::Time> effective =
      dice_.OneIn(3) ? std::optional<absl::Time>(At(now_ + dice_.Pick<int64_t>({-1, 0, 1, kHour, kDay})))
                     : std::nullopt;
  switch (dice_.Below(6)) {
    case 0:
      return AsOperator(PublishPartner{.partner_id = dice_.OneIn(2) ? "cloud" : "other", .default_region = "us"});
    case 1:
      return AsOperator(
          PublishPromotion{.promotion_id = absl::StrCat("promotion-", dice_.Below(3)),
                           .partner_id = dice_.OneIn(4) ? "other" : "cloud",
                           .amount = Some(),
                           .currency = dice_.OneIn(3) ? "EUR" : "USD",
                           .start_time = effective,
                           .end_time = At(now_ + dice_.Pick<int64_t>({0, 1, kMinute, kDay, 30 * kDay})),
                           .credit_lifetime = absl::Microseconds(dice_.Pick<int64_t>({0, 1, kHour, kDay}))});
    case 2: {
      const bool terms = dice_.OneIn(2);
      return AsOperator(PublishTerms{.document = terms ? Document::kTerms : Document::kPricing,
                                     .version = absl::StrCat(terms ? "t" : "p", 1 + dice_.Below(2)),
                                     .effective_time = effective});
    }
    case 3: {
      PublishActionCatalogue catalogue = Catalogue();
      catalogue.effective_time = effective;
      return AsOperator(std::move(catalogue));
    }
    case 4:
      return Sponsoring();
    default: {
      PublishPriceList list = Prices(dice_.OneIn(2) ? "USD" : "EUR");
      list.effective_time = effective;
      return AsOperator(std::move(list));
    }
  }
}

PublishActionCatalogue Workload::Catalogue() {
  PublishActionCatalogue catalogue;
  catalogue.actions = {{.name = "analysis.run", .gated = true, .free = false, .category = "compute"},
                       {.name = "data.egress", .gated = !dice_.OneIn(4), .free = false, .category = "egress"},
                       {.name = "folder.create", .gated = true, .free = true, .category = ""},
                       {.name = "data.delete", .gated = false, .free = true, .category = ""}};
  if (!dice_.OneIn(6)) catalogue.actions.push_back({.name = "project.create", .gated = !dice_.OneIn(4), .free = true});
  if (dice_.OneIn(20)) catalogue.actions.push_back(catalogue.actions.front());
  return catalogue;
}

PublishPriceList Workload::Prices(const std::string& currency) {
  const auto some = [this] { return Money::Micros(1 + dice_.Below(8)); };
  PublishPriceList list{.currency = currency};
  list.prices = {{.sku = "cpu", .price = some(), .per_quantity = dice_.Pick<int64_t>({2, 3, 8}), .category = "compute"},
                 {.sku = "cpu",
                  .region = "eu",
                  .price = some(),
                  .per_quantity = dice_.Pick<int64_t>({2, 3, 7}),
                  .category = "compute"},
                 {.sku = "disk", .price = some(), .per_quantity = 1000, .category = "storage"},
                 {.sku = "net", .region = "us", .price = some(), .per_quantity = INT64_MAX, .category = "egress"},
                 {.sku = "whole",
                  .price = some(),
                  .per_quantity = 1,
                  .category = "compute",
                  .most_quantity = dice_.Pick<int64_t>({0, 9, 10})},
                 {.sku = "free", .price = Money(), .per_quantity = 1, .category = "compute"},
                 {.sku = "huge", .price = rich_ ? kMostMoney : some(), .per_quantity = 2, .category = "compute"}};
  if (dice_.OneIn(20)) list.prices.push_back(list.prices.front());
  return list;
}

Asked Workload::People() {
  if (dice_.OneIn(8)) return Ending();
  if (dice_.OneIn(5)) return Transfer();
  if (dice_.OneIn(2)) {
    const std::string& handle = dice_.Pick(kHandles);
    return {{},
            RegisterUser{.handle = handle,
                         .person = {.name = handle, .email = absl::StrCat(dice_.Pick(kHandles), "@example.org")},
                         .partner_id = dice_.Pick<const char*>({"", "cloud", "other"}),
                         .currency = dice_.OneIn(3) ? "EUR" : "USD"}};
  }
  const UserId admin = AnyUser();
  if (dice_.OneIn(3)) {
    return AsUser(admin, CreateOrganization{.handle = dice_.Pick(kOrganizations),
                                            .name = "Organization",
                                            .admin = admin,
                                            .currency = dice_.OneIn(2) ? "EUR" : "USD",
                                            .hides_admins = dice_.OneIn(2)});
  }
  return AsUser(
      admin,
      CreateProject{.user = admin, .name = "work", .bill_to = dice_.OneIn(2) ? BillingAccountId() : AnyAccount()});
}

Asked Workload::Membership() {
  const OrganizationId organization = AnyOrganization();
  const auto members = model_.members.find(organization.text());
  const bool member = members != model_.members.end() && dice_.OneIn(2);
  const UserId user = member ? UserId::Trusted(AnyKey(members->second, dice_)) : AnyUser();
  const MemberAccess access{.admin = dice_.OneIn(3), .allow_billable_activities = dice_.OneIn(2)};
  if (dice_.OneIn(5)) return Leaving(organization, user);
  switch (dice_.Below(4)) {
    case 0:
      return AsUser(AdminOf(organization), InviteMember{.organization = organization, .user = user, .access = access});
    case 1:
      return AsUser(user, AcceptInvitation{.organization = organization, .user = user});
    case 2:
      return AsUser(AdminOf(organization),
                    SetMemberAccess{.organization = organization, .user = user, .access = access});
    default:
      return AsUser(user, SetDefaultPayer{.user = user, .billing_account = AnyAccount()});
  }
}

Asked Workload::Funding() {
  const BillingAccountId id = AnyAccount();
  const auto found = model_.accounts.find(id.text());
  const int64_t outstanding = found == model_.accounts.end() ? 0 : found->second.outstanding();
  const int64_t owed_and_held = found == model_.accounts.end() ? 0 : outstanding + found->second.held_on_limit();
  const int64_t roll = dice_.Below(12);
  if (roll < 5) {
    GrantCredit grant{.billing_account = id,
                      .amount = Some(),
                      .currency = CurrencyFor(id),
                      .priority = dice_.Pick<int32_t>({0, 0, 1, 100, -5}),
                      .reason = "grant"};
    if (dice_.OneIn(4)) grant.effective_time = At(now_ + dice_.Pick<int64_t>({-1, 0, 1, kMinute, kDay}));
    if (!dice_.OneIn(3)) {
      const int64_t from = grant.effective_time.has_value() ? absl::ToUnixMicros(*grant.effective_time) : now_;
      grant.expire_time = At(dice_.OneIn(30) ? kLastTime : from + dice_.Pick<int64_t>({0, 1, 2, kSecond, kHour, kDay}));
    }
    if (dice_.OneIn(3)) grant.actions = {"analysis.run"};
    if (dice_.OneIn(8)) grant.actions = {"data.egress", "folder.create"};
    return AsOperator(std::move(grant));
  }
  if (roll < 8) {
    Money amount = dice_.OneIn(3) ? Some() : Around(outstanding);
    if (amount == Money()) amount = Money::Micros(1);
    return {dice_.OneIn(2) ? Operator("olga") : Principal{.role = Role::kFinance, .name = "fin"},
            RecordPayment{.billing_account = id, .amount = amount, .currency = CurrencyFor(id)}};
  }
  Money limit = dice_.OneIn(2) ? Around(owed_and_held) : Some();
  if (!rich_) limit = std::min(limit, Money::Micros(200));
  return AsOperator(SetSpendingLimit{.billing_account = id, .limit = limit, .currency = CurrencyFor(id)});
}

Asked Workload::Increase() {
  if (dice_.OneIn(2)) {
    const BillingAccountId id = AnyAccount();
    const auto found = model_.accounts.find(id.text());
    const int64_t limit = found == model_.accounts.end() ? 0 : found->second.limit;
    const UserId user = AskerFor(id);
    return AsUser(user, RequestLimitIncrease{
                            .billing_account = id,
                            .user = user,
                            .requested_limit = dice_.OneIn(2) ? Money::Micros(std::min(limit + 1 + dice_.Below(20),
                                                                                       kMostMoney.micros()))
                                                              : Around(limit),
                            .currency = CurrencyFor(id),
                            .reason = "more"});
  }
  const IncreaseId id = AnyIncrease();
  const auto found = model_.increases.find(id.number());
  Asked asked = AsOperator(DenyLimitIncrease{.increase = id, .reason = "no"});
  if (!dice_.OneIn(5)) {
    ApproveLimitIncrease approve{.increase = id};
    if (dice_.OneIn(2)) approve.limit = Around(found == model_.increases.end() ? 1 : found->second.requested_limit);
    // Nothing is scarce in a world that has been allowed everything.
    const bool all = (approve.limit.has_value()         ? approve.limit->micros()
                      : found == model_.increases.end() ? 0
                                                        : found->second.requested_limit) > 1000;
    const bool on_top =
        found != model_.increases.end() && model_.accounts.at(found->second.account).ending_increase != 0;
    if (on_top || dice_.OneIn(3)) {
      approve.end_time = At(now_ + dice_.Pick<int64_t>({0, 1, kSecond, kMinute, kHour, kDay, kDay, 3 * kDay}));
    }
    if (!all || rich_) asked.command = approve;
  }
  if (dice_.OneIn(6)) asked.principal.name = dice_.Pick(kHandles);
  if (dice_.OneIn(12) && found != model_.increases.end()) {
    return AsUser(AskerFor(BillingAccountId::Trusted(found->second.account)), WithdrawLimitIncrease{.increase = id});
  }
  return asked;
}

// Each period has its own zone.
Asked Workload::Budgeting() {
  if (!model_.budgets.empty() && dice_.OneIn(6)) {
    const BudgetId id(dice_.OneIn(20) ? 1'000'000 : AnyKey(model_.budgets, dice_));
    return AsOperator(RemoveBudget{.budget = id});
  }
  const std::pair<BudgetPeriod, const char*> period =
      dice_.Pick<std::pair<BudgetPeriod, const char*>>({{BudgetPeriod::kDay, ""},
                                                        {BudgetPeriod::kWeek, "Asia/Tokyo"},
                                                        {BudgetPeriod::kMonth, "America/New_York"},
                                                        {BudgetPeriod::kLife, "UTC"}});
  SetBudget set{.billing_account = AnyAccount(), .limit = Some(), .period = period.first, .time_zone = period.second};
  if (dice_.OneIn(3)) set.scope.member = AnyUser();
  if (dice_.OneIn(3)) set.scope.project = AnyProject();
  if (dice_.OneIn(3)) set.scope.category = dice_.Pick<const char*>({"compute", "egress", "storage"});
  // Often a budget that there is, a little above or below what is used.
  if (!model_.budgets.empty() && dice_.OneIn(2)) {
    const auto& [number, budget] = *std::next(model_.budgets.begin(), dice_.Below(model_.budgets.size()));
    set.billing_account = BillingAccountId::Trusted(budget.account);
    set.scope = {.member = budget.user.empty() ? UserId() : UserId::Trusted(budget.user),
                 .project = ProjectId(budget.project),
                 .category = budget.category};
    set.limit = Around(model_.UsedOf(number, now_));
  }
  if (dice_.OneIn(40)) set.time_zone = "No/Where";
  const UserId user = AskerFor(set.billing_account);
  return dice_.OneIn(2) ? AsOperator(std::move(set)) : AsUser(user, std::move(set));
}

GatedAction Workload::AnyAction() {
  GatedAction action{.action = "analysis.run", .user = AnyUser(), .project = AnyProject()};
  if (dice_.OneIn(3)) action.action = dice_.Pick(kActions);
  if (dice_.OneIn(5)) action.bill_to = AnyAccount();
  const auto payer =
      action.bill_to.empty() ? model_.default_payers.find(action.user.text()) : model_.default_payers.end();
  const std::string payer_id = payer == model_.default_payers.end() ? action.bill_to.text() : payer->second;
  const auto project = model_.projects.find(action.project.number());
  const auto account =
      model_.accounts.find(project == model_.projects.end() || !action.bill_to.empty() ? payer_id : project->second);
  action.cost = Around(account == model_.accounts.end() ? 5 : account->second.Funds(action.action, now_));
  if (dice_.OneIn(5)) action.cost_limit = Around(action.cost.micros());
  return action;
}

Asked Workload::Holding() {
  const int64_t roll = dice_.Below(57);
  if (roll < 24) {
    const GatedAction action = AnyAction();
    const bool by_user = dice_.OneIn(4);
    if (roll < 8) return by_user ? AsUser(action.user, Check{action}) : AsService(Check{action});
    PlaceHold place{.action = action};
    if (dice_.OneIn(2)) {
      place.expire_time = At(now_ + dice_.Pick<int64_t>({0, 1, 2, kSecond, kMinute, kHour, 90 * kDay, 90 * kDay + 1}));
    }
    return by_user ? AsUser(action.user, std::move(place)) : AsService(std::move(place));
  }
  const HoldId id = AnyHold();
  const auto found = model_.holds.find(id.number());
  const bool open = found != model_.holds.end();
  const int64_t held = open ? SumOf(found->second.parts) : 1;
  if (roll < 34) {
    const int64_t funds = open ? model_.accounts.at(found->second.account).Funds(found->second.action, now_) : 1;
    ExtendHold extend{.hold = id, .additional = dice_.OneIn(4) ? Money() : Around(funds)};
    if (dice_.OneIn(2)) {
      extend.expire_time = At(now_ + dice_.Pick<int64_t>({0, 1, kSecond, kHour, 90 * kDay, 90 * kDay + 1}));
    }
    return AsService(std::move(extend));
  }
  if (roll < 50) {
    CaptureHold capture{.hold = id, .last = dice_.OneIn(3)};
    if (dice_.OneIn(3)) {
      capture.cost = AnyMetered();
    } else {
      capture.cost = Around(held);
    }
    return AsService(std::move(capture));
  }
  return AsService(ReleaseHold{.hold = id});
}

Metered Workload::AnyMetered() {
  Metered metered{.sku = dice_.Pick(kSkus), .region = dice_.Pick<const char*>({"", "eu", "us"})};
  metered.quantity = dice_.Pick<int64_t>({0, 1, 1, 2, 3, 5, 7, 10});
  if (metered.sku == "disk") metered.quantity *= dice_.Pick<int64_t>({1, 37, 100});
  if (metered.sku == "net")
    metered.quantity = dice_.Pick<int64_t>({1, INT64_MAX / 2, INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX});
  if (dice_.OneIn(40)) metered.quantity = dice_.Pick<int64_t>({INT64_MAX, INT64_MAX - 1});
  if (dice_.OneIn(4)) {
    metered.usage_time = At(now_ - dice_.Pick<int64_t>({-5 * kMinute - 1, -5 * kMinute, 0, 1, kHour, kDay, 30 * kDay}));
  }
  return metered;
}

UserId Workload::AnyUser() {
  if (dice_.OneIn(40)) return User("nobody");
  return User(kHandles[static_cast<size_t>(std::min({dice_.Below(6), dice_.Below(6), dice_.Below(6)}))]);
}

OrganizationId Workload::AnyOrganization() {
  return dice_.OneIn(40) ? Organization("nowhere") : Organization(dice_.OneIn(4) ? "uni" : "lab");
}

BillingAccountId Workload::AnyAccount() {
  return dice_.OneIn(2) ? BillingAccountId(AnyUser()) : BillingAccountId(AnyOrganization());
}

ProjectId Workload::AnyProject() {
  if (dice_.OneIn(40)) return ProjectId(1'000'000);
  if (model_.projects.empty() || dice_.OneIn(2)) return {};
  return ProjectId(AnyKey(model_.projects, dice_));
}

HoldId Workload::AnyHold() {
  if (!model_.expired_holds.empty() && dice_.OneIn(12)) return HoldId(AnyKey(model_.expired_holds, dice_));
  if (model_.holds.empty() || dice_.OneIn(40)) return HoldId(static_cast<uint64_t>(1 + dice_.Below(500)));
  return HoldId(AnyKey(model_.holds, dice_));
}

IncreaseId Workload::AnyIncrease() {
  if (model_.increases.empty() || dice_.OneIn(40)) return IncreaseId(1'000'000);
  // The newest ones are those that may still be open.
  return IncreaseId(dice_.OneIn(3) ? AnyKey(model_.increases, dice_) : model_.increases.rbegin()->first);
}

Principal Workload::AnyPrincipal() {
  const Role role =
      dice_.Pick({Role::kAnonymous, Role::kUser, Role::kService, Role::kOperator, Role::kFinance, Role::kSupport});
  return {.role = role, .name = role == Role::kAnonymous ? "" : dice_.Pick(kHandles)};
}

UserId Workload::AdminOf(const OrganizationId& organization) {
  const auto members = model_.members.find(organization.text());
  if (members == model_.members.end() || dice_.OneIn(20)) return AnyUser();
  for (const auto& [user, access] : members->second) {
    if (access.admin) return UserId::Trusted(user);
  }
  return AnyUser();
}

UserId Workload::AskerFor(const BillingAccountId& account) {
  if (const auto organization = account.organization()) return AdminOf(*organization);
  return *account.user();
}

std::string Workload::CurrencyFor(const BillingAccountId& account) {
  if (dice_.OneIn(2)) return "";
  const auto found = model_.accounts.find(account.text());
  if (found == model_.accounts.end() || dice_.OneIn(20)) return "EUR";
  return found->second.currency;
}

LinkSeed Workload::NewLink() {
  links_.push_back({.selector = dice_.Bytes(16), .secret_hash = dice_.Bytes(32)});
  return links_.back();
}

Money Workload::Around(int64_t amount) {
  const int64_t near = dice_.Pick<int64_t>({0, 1, amount - 1, amount, amount + 1, amount / 2, amount / 3, amount / 2,
                                            amount / 3, dice_.Below(6), dice_.Below(6)});
  const int64_t micros = dice_.OneIn(30) ? kMostMoney.micros() - dice_.Below(2) : near;
  return Money::Micros(std::clamp<int64_t>(micros, 0, kMostMoney.micros()));
}

Money Workload::Some() {
  if (rich_ && dice_.OneIn(4))
    return Money::Micros(kMostMoney.micros() - dice_.Pick<int64_t>({0, 1, kMostMoney.micros() / 2}));
  return Money::Micros(1 + (dice_.OneIn(5) ? dice_.Below(500) : dice_.Below(25)));
}

}  // namespace bursar::laws

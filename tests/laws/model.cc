#include "tests/laws/model.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "ledger/base/check.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;
using Parts = google::protobuf::RepeatedPtrField<storage::v1::Part>;

int64_t OrNever(int64_t micros) { return micros == 0 ? kNever : micros; }

// Of two that took effect at the same time the one published later applies.
template <class Dated>
const Dated* Latest(const std::vector<Dated>& all, int64_t now, int64_t (*effective_time)(const Dated&)) {
  const Dated* latest = nullptr;
  for (const Dated& one : all) {
    if (effective_time(one) > now) continue;
    if (latest == nullptr || effective_time(one) >= effective_time(*latest)) latest = &one;
  }
  return latest;
}

template <class Charging>
ModelCharge ChargeOf(const Charging& event, const storage::v1::Entry& entry, ModelParts drawn) {
  return {.position = entry.position(),
          .time = entry.commit_time(),
          .account = event.billing_account(),
          .user = event.user_id(),
          .project = event.project(),
          .category = event.category(),
          .amount = SumOf(drawn),
          .drawn = std::move(drawn),
          .entry = entry};
}

}  // namespace

std::pair<absl::int128, absl::int128> RoundedShare(absl::int128 total, int64_t per_quantity) {
  if (total < 0) return {0, total};
  // The whole number next to total / per_quantity, the higher one at a half; back to the even one then.
  absl::int128 share = (2 * total + per_quantity) / (absl::int128(2) * per_quantity);
  const bool half = (2 * total + per_quantity) % (absl::int128(2) * per_quantity) == 0;
  if (half && share % 2 != 0) --share;
  return {share, total - share * per_quantity};
}

int64_t SumOf(const ModelParts& parts) {
  int64_t sum = 0;
  for (const auto& [credit, amount] : parts) sum += amount;
  return sum;
}

ModelParts PartsOf(const Parts& parts) {
  ModelParts result;
  for (const auto& part : parts) result.emplace_back(part.credit(), part.amount_micros());
  return result;
}

bool ModelCredit::PaysFor(const std::string& action, int64_t now) const {
  return effective_time <= now && now < expire_time && (actions.empty() || actions.count(action) != 0);
}

void Model::Rebase(ModelAccount& account, const storage::v1::Entry& entry) {
  const int64_t funds = account.Funds("", entry.commit_time());
  if (funds > 0) account.base = funds;
}

int64_t ModelAccount::Funds(const std::string& action, int64_t now) const {
  int64_t funds = limit - outstanding() - held_on_limit();
  for (const auto& [number, credit] : credits) {
    if (credit.PaysFor(action, now)) funds += credit.available();
  }
  return funds;
}

ModelParts ModelAccount::Draw(int64_t amount, const std::string& action, int64_t now) const {
  std::vector<std::tuple<int64_t, int64_t, uint64_t>> order;
  for (const auto& [number, credit] : credits) {
    if (credit.PaysFor(action, now)) order.emplace_back(credit.priority, credit.expire_time, number);
  }
  std::sort(order.begin(), order.end());
  ModelParts parts;
  for (const auto& [priority, expire_time, number] : order) {
    const int64_t share = std::min(amount, credits.at(number).available());
    if (share > 0) parts.emplace_back(number, share);
    amount -= share;
  }
  if (amount > 0) parts.emplace_back(0, amount);
  return parts;
}

const storage::v1::ActionCataloguePublished::Action* Model::Action(const std::string& name, int64_t now) const {
  const auto* catalogue = Latest<storage::v1::ActionCataloguePublished>(
      catalogues, now, [](const storage::v1::ActionCataloguePublished& one) { return one.effective_time(); });
  if (catalogue == nullptr) return nullptr;
  for (const auto& action : catalogue->actions()) {
    if (action.name() == name) return &action;
  }
  return nullptr;
}

const storage::v1::PriceListPublished::Price* Model::Price(const std::string& currency, const std::string& sku,
                                                           const std::string& region, int64_t time,
                                                           uint64_t* position) const {
  const auto lists = price_lists.find(currency);
  if (lists == price_lists.end()) return nullptr;
  const auto* list =
      Latest<ModelPriceList>(lists->second, time, [](const ModelPriceList& one) { return one.effective_time; });
  if (list == nullptr) return nullptr;
  auto price = list->prices.find({sku, region});
  if (price == list->prices.end()) price = list->prices.find({sku, ""});
  if (price == list->prices.end()) return nullptr;
  if (position != nullptr) *position = list->position;
  return &price->second;
}

bool Model::MayBill(const std::string& user, const std::string& account) const {
  if (user == account) return true;
  const auto organization = members.find(account);
  if (organization == members.end()) return false;
  const auto member = organization->second.find(user);
  return member != organization->second.end() && member->second.allow_billable_activities;
}

std::string Model::PayerOf(const std::string& user, uint64_t project, const std::string& bill_to) const {
  if (!bill_to.empty()) return bill_to;
  if (project != 0) return projects.at(project);
  return default_payers.at(user);
}

ModelVerdict Model::JudgeMoney(const ModelAsked& asked, int64_t now) const {
  ModelVerdict verdict;
  const ModelAccount& payer = accounts.at(asked.account);
  const int64_t needed = std::max<int64_t>(asked.cost, 1);
  verdict.payer = asked.account;
  verdict.funds = payer.Funds(asked.action, now);
  verdict.run_left = asked.run_left.value_or(0);
  if (payer.setup != ModelAccount::Setup::kConfirmed) verdict.reasons.push_back("BILLING_NOT_SET_UP");
  if (payer.organization_expire_time <= now) verdict.reasons.push_back("ORGANIZATION_EXPIRED");
  if (asked.run_left.has_value() && *asked.run_left < asked.cost) verdict.reasons.push_back("COST_LIMIT_EXCEEDED");
  for (const auto& [number, budget] : budgets) {
    if (!budget.Counts(asked) || LeftOf(number, now) >= needed) continue;
    verdict.reasons.push_back("BUDGET_EXCEEDED");
    verdict.budgets.emplace_back(number, LeftOf(number, now));
  }
  if (verdict.funds < needed) verdict.reasons.push_back("SPENDING_LIMIT_EXCEEDED");
  return verdict;
}

bool ModelBudget::SamePeriod(int64_t one, int64_t other) const {
  if (period == storage::v1::BudgetSet::PERIOD_LIFE) return true;
  absl::TimeZone calendar;
  BURSAR_CHECK(absl::LoadTimeZone(zone, &calendar));
  const absl::CivilDay a = absl::ToCivilDay(absl::FromUnixMicros(one), calendar);
  const absl::CivilDay b = absl::ToCivilDay(absl::FromUnixMicros(other), calendar);
  if (period == storage::v1::BudgetSet::PERIOD_DAY) return a == b;
  if (period == storage::v1::BudgetSet::PERIOD_MONTH) return a.year() == b.year() && a.month() == b.month();
  const auto monday = [](absl::CivilDay day) {
    while (absl::GetWeekday(day) != absl::Weekday::monday) --day;
    return day;
  };
  return monday(a) == monday(b);
}

int64_t Model::UsedOf(uint64_t number, int64_t now) const {
  const ModelBudget& budget = budgets.at(number);
  int64_t used = 0;
  // It counts nothing from before it was set.
  for (auto next = charges.upper_bound(number); next != charges.end(); ++next) {
    const auto counted = next->second.budgets.find(number);
    if (counted != next->second.budgets.end() && budget.SamePeriod(next->second.time, now)) used += counted->second;
  }
  return used;
}

int64_t Model::HeldIn(uint64_t number) const {
  int64_t held = 0;
  for (const auto& [id, hold] : holds) {
    if (hold.budgets.count(number) != 0) held += SumOf(hold.parts);
  }
  return held;
}

ModelVerdict Model::Judge(const GatedAction& asked, bool hold, int64_t now) const {
  ModelVerdict verdict;
  if (default_payers.count(asked.user.text()) == 0) {
    verdict.refusal = "USER_NOT_FOUND";
    return verdict;
  }
  const auto* action = Action(asked.action, now);
  if (action == nullptr) {
    verdict.refusal = "UNKNOWN_ACTION";
    return verdict;
  }
  if (!asked.project.empty() && projects.count(asked.project.number()) == 0) {
    verdict.refusal = "PROJECT_NOT_FOUND";
    return verdict;
  }
  verdict.payer = PayerOf(asked.user.text(), asked.project.number(), asked.bill_to.text());
  if (!hold && !action->gated()) return verdict;
  const bool through_project = !asked.project.empty() && projects.at(asked.project.number()) == verdict.payer;
  if (!through_project && !MayBill(asked.user.text(), verdict.payer)) {
    const bool organization = verdict.payer.rfind("org-", 0) == 0;
    verdict.reasons.push_back(organization ? "BILLABLE_ACTIVITIES_NOT_ALLOWED" : "NOT_YOUR_BILLING_ACCOUNT");
    return verdict;
  }
  if (closed.count(asked.user.text()) != 0 || closed.count(verdict.payer) != 0) {
    verdict.reasons.push_back("USER_CLOSED");
    return verdict;
  }
  const bool bounded = hold && asked.cost_limit > Money();
  return JudgeMoney({.account = verdict.payer,
                     .user = asked.user.text(),
                     .project = asked.project.number(),
                     .action = asked.action,
                     .category = action->category(),
                     .cost = asked.cost.micros(),
                     .run_left = bounded ? std::optional<int64_t>(asked.cost_limit.micros()) : std::nullopt},
                    now);
}

void Model::SetAside(ModelAccount& account, const ModelParts& parts) {
  for (const auto& [number, amount] : parts) {
    (number == 0 ? account.set_aside_on_limit : account.credits.at(number).set_aside) += amount;
  }
}

void Model::Return(ModelAccount& account, const Parts& parts) {
  for (const auto& part : parts) {
    if (part.credit() == 0) {
      account.returned_to_limit += part.amount_micros();
      continue;
    }
    ModelCredit& credit = account.credits.at(part.credit());
    int64_t& place = credit.taken_back ? credit.returned_taken : credit.returned_late;
    (credit.over ? place : credit.returned) += part.amount_micros();
  }
}

void Model::CountInBudgets(ModelCharge& charge) {
  for (const auto& [number, budget] : budgets) {
    if (budget.Counts(charge)) charge.budgets[number] = charge.amount;
  }
}

void Model::Meter(ModelAccount& account, const storage::v1::MeteredQuantity& metered, int64_t amount) {
  account.metered[metered.per_quantity()] += absl::int128(metered.quantity()) * metered.price_micros();
  account.charged_for_metered[metered.per_quantity()] += amount;
  account.remainders[metered.per_quantity()] = metered.remainder();
}

void Model::Apply(const Event& event, const storage::v1::Entry& entry) {
  switch (event.kind_case()) {
    case Event::kPartnerPublished:
      partners.insert(event.partner_published().partner_id());
      return;
    case Event::kPromotionPublished:
      promotions[event.promotion_published().promotion_id()] = event.promotion_published();
      return;
    case Event::kActionCataloguePublished:
      catalogues.push_back(event.action_catalogue_published());
      return;
    case Event::kPriceListPublished: {
      ModelPriceList& list = price_lists[event.price_list_published().currency()].emplace_back();
      list.position = entry.position();
      list.effective_time = event.price_list_published().effective_time();
      for (const auto& price : event.price_list_published().prices()) {
        list.prices[{price.sku(), price.region()}] = price;
      }
      return;
    }
    case Event::kUserRegistered:
      default_payers[event.user_registered().user_id()] = event.user_registered().user_id();
      partners_of_users[event.user_registered().user_id()] = event.user_registered().partner_id();
      return;
    case Event::kBillingAccountOpened:
      accounts[event.billing_account_opened().billing_account()].currency = event.billing_account_opened().currency();
      return;
    case Event::kPromotionEntitled:
      promises[event.promotion_entitled().user_id()] = {.promotion = event.promotion_entitled().promotion_id(),
                                                        .amount = event.promotion_entitled().amount_micros()};
      return;
    case Event::kPromotionLapsed:
      promises.at(event.promotion_lapsed().user_id()).open = false;
      return;
    case Event::kOrganizationCreated:
      members[event.organization_created().organization_id()][event.organization_created().admin_user_id()] = {
          .admin = true, .allow_billable_activities = true};
      return;
    case Event::kMemberInvited: {
      const auto& access = event.member_invited().access();
      invitations[event.member_invited().organization_id()][event.member_invited().user_id()] = {
          .admin = access.admin(), .allow_billable_activities = access.allow_billable_activities()};
      return;
    }
    case Event::kInvitationAccepted: {
      auto& invited = invitations.at(event.invitation_accepted().organization_id());
      const std::string& user = event.invitation_accepted().user_id();
      members.at(event.invitation_accepted().organization_id())[user] = invited.at(user);
      invited.erase(user);
      return;
    }
    case Event::kMemberAccessSet: {
      const auto& access = event.member_access_set().access();
      members.at(event.member_access_set().organization_id()).at(event.member_access_set().user_id()) = {
          .admin = access.admin(), .allow_billable_activities = access.allow_billable_activities()};
      return;
    }
    case Event::kDefaultPayerSet:
      default_payers.at(event.default_payer_set().user_id()) = event.default_payer_set().billing_account();
      return;
    case Event::kUsersMerged:
    case Event::kUserClosed:
    case Event::kMemberRemoved:
    case Event::kProjectTransferOffered:
    case Event::kProjectPayerSet:
    case Event::kProjectTransferDeclined:
    case Event::kOrganizationExpirySet:
    case Event::kFundsMovedOut:
    case Event::kFundsMovedIn:
      return ApplyPeople(event, entry);
    case Event::kIdentityLinked:
    case Event::kUserDowngraded:
    case Event::kOrganizationSettingsSet:
    // No hold of this world is sponsored.
    case Event::kSponsorshipHeld:
    case Event::kSponsorshipReturned:
      return;
    case Event::kSponsorshipPublished:
    case Event::kSponsorshipCharged:
    case Event::kSponsorshipReversed:
    case Event::kCreditRevoked:
    case Event::kChargeReversed:
    case Event::kUsageQuarantined:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
      return ApplyUndoing(event, entry);
    case Event::kProjectCreated:
      projects[event.project_created().project()] = event.project_created().billing_account();
      return;
    case Event::kAccountUpgradeSubmitted:
    case Event::kVerificationSent:
    case Event::kVerificationReminded:
    case Event::kBillingConfirmed:
    case Event::kBillingDeclined:
    case Event::kBillingChangeRequested:
    case Event::kBillingChangeApplied:
    case Event::kBillingChangeClosed:
    case Event::kAssistedSetupRequested:
    case Event::kAssistedSetupScheduled:
    case Event::kAssistedSetupMissed:
    case Event::kPurchaseOrderRecorded:
    case Event::kPurchaseOrderAttached:
    case Event::kLimitIncreaseRequested:
    case Event::kLimitIncreaseSuperseded:
    case Event::kLimitIncreaseApproved:
    case Event::kLimitIncreaseDenied:
    case Event::kLimitIncreaseWithdrawn:
    case Event::kLimitIncreaseExpired:
    case Event::kLimitIncreaseEnded:
      return ApplyBilling(event, entry);
    case Event::kCreditGranted: {
      const auto& granted = event.credit_granted();
      ModelAccount& account = accounts.at(granted.billing_account());
      ModelCredit& credit = account.credits[granted.credit()];
      credit.priority = granted.priority();
      credit.effective_time = granted.effective_time();
      credit.expire_time = OrNever(granted.expire_time());
      credit.actions = {granted.actions().begin(), granted.actions().end()};
      credit.granted = granted.amount_micros();
      credit.promotion = !granted.promotion_id().empty();
      if (!granted.promotion_id().empty()) promises.at(granted.billing_account()).open = false;
      // What cannot be spent on everything at once is no new base.
      if (credit.actions.empty() && credit.effective_time <= entry.commit_time()) Rebase(account, entry);
      return;
    }
    case Event::kCreditTookEffect: {
      ModelAccount& account = accounts.at(event.credit_took_effect().billing_account());
      if (account.credits.at(event.credit_took_effect().credit()).actions.empty()) Rebase(account, entry);
      return;
    }
    case Event::kCreditExpired: {
      ModelCredit& credit =
          accounts.at(event.credit_expired().billing_account()).credits.at(event.credit_expired().credit());
      credit.over = true;
      credit.lapsed += event.credit_expired().amount_micros();
      return;
    }
    case Event::kPaymentRecorded: {
      const auto& paid = event.payment_recorded();
      ModelAccount& account = accounts.at(paid.billing_account());
      account.settled += paid.settled_micros();
      if (paid.prepaid_micros() == 0) return Rebase(account, entry);
      ModelCredit& credit = account.credits[paid.credit()];
      credit.priority = kLastPriority;
      credit.granted = paid.prepaid_micros();
      credit.effective_time = INT64_MIN;
      credit.prepaid = true;
      return Rebase(account, entry);
    }
    case Event::kSpendingLimitSet: {
      ModelAccount& account = accounts.at(event.spending_limit_set().billing_account());
      const bool raised = event.spending_limit_set().limit_micros() > account.limit;
      account.limit = event.spending_limit_set().limit_micros();
      if (event.spending_limit_set().increase() == 0) account.ending_increase = 0;
      if (raised) Rebase(account, entry);
      return;
    }
    case Event::kHoldPlaced: {
      const auto& placed = event.hold_placed();
      holds[placed.hold()] = {.account = placed.billing_account(),
                              .user = placed.user_id(),
                              .project = placed.project(),
                              .action = placed.action(),
                              .category = placed.category(),
                              .parts = PartsOf(placed.parts()),
                              .expire_time = placed.expire_time(),
                              .cost_limit = placed.cost_limit_micros()};
      for (const auto& [number, budget] : budgets) {
        if (budget.Counts(holds.at(placed.hold()))) holds.at(placed.hold()).budgets.insert(number);
      }
      return SetAside(accounts.at(placed.billing_account()), PartsOf(placed.parts()));
    }
    case Event::kHoldExtended: {
      ModelHold& hold = holds.at(event.hold_extended().hold());
      const ModelParts parts = PartsOf(event.hold_extended().parts());
      hold.parts.insert(hold.parts.end(), parts.begin(), parts.end());
      hold.expire_time = event.hold_extended().expire_time();
      return SetAside(accounts.at(hold.account), parts);
    }
    case Event::kHoldCaptured: {
      const auto& captured = event.hold_captured();
      ModelHold& hold = holds.at(captured.hold());
      ModelAccount& account = accounts.at(hold.account);
      for (const auto& [number, amount] : PartsOf(captured.drawn())) {
        account.charged_by_category[captured.category()] += amount;
        hold.parts.front().second -= amount;
        if (hold.parts.front().second == 0) hold.parts.erase(hold.parts.begin());
        if (number != 0) {
          account.credits.at(number).captured += amount;
          continue;
        }
        account.captured_on_limit += amount;
        account.charged_on_limit += amount;
      }
      const ModelParts beyond = PartsOf(captured.beyond());
      Pay(account, beyond, captured.category());
      ModelParts drawn = PartsOf(captured.drawn());
      drawn.insert(drawn.end(), beyond.begin(), beyond.end());
      ModelCharge& charge = charges[entry.position()];
      charge = ChargeOf(captured, entry, std::move(drawn));
      charge.hold = captured.hold();
      CountInBudgets(charge);
      hold.captured += charge.amount;
      if (captured.has_metered()) Meter(account, captured.metered(), charge.amount);
      Return(account, captured.returned());
      if (captured.closed()) holds.erase(captured.hold());
      return;
    }
    case Event::kHoldReleased:
      Return(accounts.at(event.hold_released().billing_account()), event.hold_released().returned());
      holds.erase(event.hold_released().hold());
      return;
    case Event::kHoldExpired:
      Return(accounts.at(event.hold_expired().billing_account()), event.hold_expired().returned());
      expired_holds[event.hold_expired().hold()] = holds.at(event.hold_expired().hold());
      expired_holds[event.hold_expired().hold()].late_until = event.hold_expired().late_capture_until_time();
      holds.erase(event.hold_expired().hold());
      return;
    case Event::kUsageCharged: {
      const auto& charged = event.usage_charged();
      ModelAccount& account = accounts.at(charged.billing_account());
      const ModelParts drawn = PartsOf(charged.drawn());
      Pay(account, drawn, charged.category());
      charges[entry.position()] = ChargeOf(charged, entry, drawn);
      CountInBudgets(charges[entry.position()]);
      if (charged.has_metered()) Meter(account, charged.metered(), SumOf(drawn) + SponsoredIn(entry));
      return;
    }
    case Event::kBudgetSet: {
      const auto& set = event.budget_set();
      const auto known = budgets.find(set.budget());
      if (known != budgets.end()) {
        known->second.limit = set.limit_micros();
        return;
      }
      budgets[set.budget()] = {.account = set.billing_account(),
                               .user = set.user_id(),
                               .project = set.project(),
                               .category = set.category(),
                               .limit = set.limit_micros(),
                               .period = set.period(),
                               .zone = set.time_zone()};
      for (auto& [number, hold] : holds) {
        if (budgets.at(set.budget()).Counts(hold)) hold.budgets.insert(set.budget());
      }
      return;
    }
    case Event::kBudgetRemoved:
      budgets.erase(event.budget_removed().budget());
      return;
    case Event::kTerminationOrdered:
      holds.at(event.termination_ordered().hold()).terminating = true;
      return;
    case Event::kFundsThresholdCrossed:
      accounts.at(event.funds_threshold_crossed().billing_account()).crossed_percent =
          event.funds_threshold_crossed().percent();
      return;
    case Event::kFundsRestored:
      accounts.at(event.funds_restored().billing_account()).crossed_percent = event.funds_restored().percent();
      return;
    case Event::kTermsPublished:
    case Event::kUserUpgraded:
    case Event::kClockAdvanced:
    case Event::kLedgerRestored:
    case Event::kActionDenied:
    case Event::KIND_NOT_SET:
      return;
  }
}

}  // namespace bursar::laws

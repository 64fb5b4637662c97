#include "tests/laws/model.h"

#include <algorithm>
#include <tuple>

namespace bursar::laws {
namespace {

using storage::v1::Event;
using Parts = google::protobuf::RepeatedPtrField<storage::v1::Part>;

int64_t OrNever(int64_t micros) { return micros == 0 ? kNever : micros; }

// What was paid in advance burns last.
constexpr int64_t kLastPriority = INT64_MAX;

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

void Rebase(ModelAccount& account, const storage::v1::Entry& entry) {
  const int64_t funds = account.Funds("", entry.commit_time());
  if (funds > 0) account.base = funds;
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

std::vector<std::string> Model::JudgeFunds(const ModelAccount& payer, const std::string& action, int64_t cost,
                                           int64_t now) const {
  std::vector<std::string> reasons;
  if (payer.setup != ModelAccount::Setup::kConfirmed) reasons.push_back("BILLING_NOT_SET_UP");
  if (payer.organization_expire_time <= now) reasons.push_back("ORGANIZATION_EXPIRED");
  const int64_t funds = payer.Funds(action, now);
  if (funds <= 0 || funds < cost) reasons.push_back("SPENDING_LIMIT_EXCEEDED");
  return reasons;
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
  const ModelAccount& payer = accounts.at(verdict.payer);
  verdict.funds = payer.Funds(asked.action, now);
  verdict.reasons = JudgeFunds(payer, asked.action, asked.cost.micros(), now);
  return verdict;
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
    (credit.over ? credit.returned_late : credit.returned) += part.amount_micros();
  }
}

std::string Model::Now(std::string user) const {
  for (auto next = merged.find(user); next != merged.end(); next = merged.find(user)) user = next->second;
  return user;
}

Command Model::InNamesOfToday(const Command& command) const {
  Command today = command;
  const auto user = [this](UserId& id) { id = UserId::Trusted(Now(id.text())); };
  const auto account = [this](BillingAccountId& id) { id = BillingAccountId::Trusted(Now(id.text())); };
  const auto action = [&](GatedAction& asked) { user(asked.user), account(asked.bill_to); };
  if (auto* check = std::get_if<Check>(&today)) action(check->action);
  if (auto* place = std::get_if<PlaceHold>(&today)) action(place->action);
  if (auto* usage = std::get_if<RecordUsage>(&today)) user(usage->user), account(usage->bill_to);
  if (auto* create = std::get_if<CreateProject>(&today)) user(create->user), account(create->bill_to);
  if (auto* set = std::get_if<SetProjectPayer>(&today)) user(set->user), account(set->bill_to);
  if (auto* request = std::get_if<RequestLimitIncrease>(&today)) user(request->user), account(request->billing_account);
  if (auto* grant = std::get_if<GrantCredit>(&today)) account(grant->billing_account);
  if (auto* payment = std::get_if<RecordPayment>(&today)) account(payment->billing_account);
  if (auto* limit = std::get_if<SetSpendingLimit>(&today)) account(limit->billing_account);
  if (auto* close = std::get_if<CloseUser>(&today)) user(close->user);
  if (auto* link = std::get_if<LinkIdentity>(&today)) user(link->user);
  if (auto* remove = std::get_if<RemoveMember>(&today)) user(remove->user);
  if (auto* set = std::get_if<SetMemberAccess>(&today)) user(set->user);
  if (auto* invite = std::get_if<InviteMember>(&today)) user(invite->user);
  if (auto* create = std::get_if<CreateOrganization>(&today)) user(create->admin);
  return today;
}

bool Model::IsLastAdmin(const std::string& organization, const std::string& user) const {
  const auto& all = members.at(organization);
  const auto found = all.find(user);
  if (found == all.end() || !found->second.admin) return false;
  return std::none_of(all.begin(), all.end(),
                      [&](const auto& member) { return member.first != user && member.second.admin; });
}

void Model::Merge(const storage::v1::UsersMerged& event) {
  const std::string& from = event.from_user_id();
  const std::string& into = event.into_user_id();
  merged[from] = into;
  for (auto& [organization, all] : members) {
    const auto found = all.find(from);
    if (found == all.end()) continue;
    const MemberAccess access = found->second;
    all.erase(found);
    all[into].admin |= access.admin;
    all[into].allow_billable_activities |= access.allow_billable_activities;
  }
  for (auto& [organization, invited] : invitations) {
    invited.erase(from);
    const auto all = members.find(organization);
    if (all != members.end() && all->second.count(into) != 0) invited.erase(into);
  }
  for (auto& [project, payer] : projects) payer = payer == from ? into : payer;
  for (auto& [project, payer] : offers) payer = payer == from ? into : payer;
  for (auto& [number, hold] : holds) hold.user = hold.user == from ? into : hold.user;
  for (auto& [number, increase] : increases)
    increase.requester = increase.requester == from ? into : increase.requester;
  if (!event.promotion_id().empty()) {
    promises[into] = promises.at(from);
    promises.erase(from);
  }
  EndSetup(from);
}

void Model::MoveIn(const storage::v1::FundsMovedIn& event, const storage::v1::Entry& entry) {
  ModelAccount& account = accounts.at(event.billing_account());
  const int64_t before = account.Funds("", entry.commit_time());
  account.charged_on_limit += event.outstanding_micros();
  for (const auto& moved : event.credits()) {
    ModelCredit& credit = account.credits[moved.credit()];
    credit.paid = moved.origin() == storage::v1::CreditGranted::ORIGIN_PAYMENT;
    credit.priority = credit.paid ? kLastPriority : moved.priority();
    credit.effective_time = moved.effective_time();
    credit.expire_time = OrNever(moved.expire_time());
    credit.actions = {moved.actions().begin(), moved.actions().end()};
    credit.promotion = moved.origin() == storage::v1::CreditGranted::ORIGIN_PROMOTION;
    credit.granted += moved.amount_micros();
  }
  if (account.Funds("", entry.commit_time()) > before) Rebase(account, entry);
}

void Model::EndSetup(const std::string& id) {
  ModelAccount& account = accounts.at(id);
  account.selector.clear();
  account.secret_hash.clear();
  if (account.setup == ModelAccount::Setup::kPending) account.setup = ModelAccount::Setup::kNone;
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
      return Merge(event.users_merged());
    case Event::kUserClosed:
      closed.insert(event.user_closed().user_id());
      for (auto& [organization, invited] : invitations) invited.erase(event.user_closed().user_id());
      return EndSetup(event.user_closed().user_id());
    case Event::kMemberRemoved:
      members.at(event.member_removed().organization_id()).erase(event.member_removed().user_id());
      return;
    case Event::kProjectTransferOffered:
      offers[event.project_transfer_offered().project()] = event.project_transfer_offered().billing_account();
      return;
    case Event::kProjectTransferDeclined:
      offers.erase(event.project_transfer_declined().project());
      return;
    case Event::kProjectPayerSet:
      offers.erase(event.project_payer_set().project());
      projects.at(event.project_payer_set().project()) = event.project_payer_set().billing_account();
      return;
    case Event::kOrganizationExpirySet:
      accounts.at(event.organization_expiry_set().organization_id()).organization_expire_time =
          OrNever(event.organization_expiry_set().expire_time());
      return;
    case Event::kCreditRevoked: {
      ModelCredit& credit =
          accounts.at(event.credit_revoked().billing_account()).credits.at(event.credit_revoked().credit());
      credit.over = true;
      credit.revoked += event.credit_revoked().amount_micros();
      return;
    }
    case Event::kCreditTookEffect: {
      ModelAccount& account = accounts.at(event.credit_took_effect().billing_account());
      if (account.credits.at(event.credit_took_effect().credit()).actions.empty()) Rebase(account, entry);
      return;
    }
    case Event::kLimitIncreaseWithdrawn:
      increases.at(event.limit_increase_withdrawn().increase()).pending = false;
      accounts.at(event.limit_increase_withdrawn().billing_account()).open_increase = 0;
      return;
    case Event::kFundsMovedOut: {
      ModelAccount& account = accounts.at(event.funds_moved_out().billing_account());
      account.settled += event.funds_moved_out().outstanding_micros();
      for (const auto& moved : event.funds_moved_out().credits()) {
        account.credits.at(moved.credit()).moved += moved.amount_micros();
        account.credits.at(moved.credit()).over = true;
      }
      return;
    }
    case Event::kFundsMovedIn:
      return MoveIn(event.funds_moved_in(), entry);
    case Event::kSponsorshipPublished:
    case Event::kIdentityLinked:
    case Event::kUserDowngraded:
    case Event::kOrganizationSettingsSet:
    case Event::kBillingDeclined:
    case Event::kBillingChangeRequested:
    case Event::kBillingChangeApplied:
    case Event::kBillingChangeClosed:
    case Event::kAssistedSetupRequested:
    case Event::kAssistedSetupScheduled:
    case Event::kAssistedSetupMissed:
    case Event::kVerificationReminded:
    case Event::kPurchaseOrderRecorded:
    case Event::kPurchaseOrderAttached:
    case Event::kLimitIncreaseExpired:
    case Event::kLimitIncreaseEnded:
    case Event::kBudgetSet:
    case Event::kBudgetRemoved:
    case Event::kTerminationOrdered:
    case Event::kSponsorshipHeld:
    case Event::kSponsorshipReturned:
    case Event::kSponsorshipCharged:
    case Event::kSponsorshipReversed:
    case Event::kChargeReversed:
    case Event::kUsageQuarantined:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
      return;
    case Event::kProjectCreated:
      projects[event.project_created().project()] = event.project_created().billing_account();
      return;
    case Event::kAccountUpgradeSubmitted:
      accounts.at(event.account_upgrade_submitted().billing_account()).setup = ModelAccount::Setup::kPending;
      return;
    case Event::kVerificationSent: {
      ModelAccount& account = accounts.at(event.verification_sent().billing_account());
      account.selector = event.verification_sent().selector();
      account.secret_hash = event.verification_sent().secret_hash();
      account.link_expire_time = event.verification_sent().expire_time();
      return;
    }
    case Event::kBillingConfirmed: {
      ModelAccount& account = accounts.at(event.billing_confirmed().billing_account());
      account.setup = ModelAccount::Setup::kConfirmed;
      account.confirmed_at = entry.position();
      return;
    }
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
      credit.paid = true;
      credit.granted = paid.prepaid_micros();
      credit.effective_time = INT64_MIN;
      return Rebase(account, entry);
    }
    case Event::kSpendingLimitSet: {
      ModelAccount& account = accounts.at(event.spending_limit_set().billing_account());
      const bool raised = event.spending_limit_set().limit_micros() > account.limit;
      account.limit = event.spending_limit_set().limit_micros();
      if (raised) Rebase(account, entry);
      return;
    }
    case Event::kLimitIncreaseRequested: {
      const auto& requested = event.limit_increase_requested();
      increases[requested.increase()] = {.account = requested.billing_account(),
                                         .requester = requested.user_id(),
                                         .requested_limit = requested.requested_limit_micros()};
      accounts.at(requested.billing_account()).open_increase = requested.increase();
      return;
    }
    case Event::kLimitIncreaseSuperseded:
      increases.at(event.limit_increase_superseded().increase()).pending = false;
      accounts.at(event.limit_increase_superseded().billing_account()).open_increase = 0;
      return;
    case Event::kLimitIncreaseApproved:
      increases.at(event.limit_increase_approved().increase()).pending = false;
      accounts.at(event.limit_increase_approved().billing_account()).open_increase = 0;
      return;
    case Event::kLimitIncreaseDenied:
      increases.at(event.limit_increase_denied().increase()).pending = false;
      accounts.at(event.limit_increase_denied().billing_account()).open_increase = 0;
      return;
    case Event::kHoldPlaced: {
      const auto& placed = event.hold_placed();
      holds[placed.hold()] = {.account = placed.billing_account(),
                              .user = placed.user_id(),
                              .project = placed.project(),
                              .action = placed.action(),
                              .parts = PartsOf(placed.parts()),
                              .expire_time = placed.expire_time()};
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
      if (captured.has_metered()) Meter(account, captured.metered(), SumOf(PartsOf(captured.drawn())));
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
      holds.erase(event.hold_expired().hold());
      return;
    case Event::kUsageCharged: {
      const auto& charged = event.usage_charged();
      ModelAccount& account = accounts.at(charged.billing_account());
      for (const auto& [number, amount] : PartsOf(charged.drawn())) {
        account.charged_by_category[charged.category()] += amount;
        (number == 0 ? account.charged_on_limit : account.credits.at(number).charged) += amount;
      }
      return Meter(account, charged.metered(), SumOf(PartsOf(charged.drawn())));
    }
    case Event::kFundsThresholdCrossed:
      accounts.at(event.funds_threshold_crossed().billing_account()).crossed_percent =
          event.funds_threshold_crossed().percent();
      return;
    case Event::kFundsRestored:
      accounts.at(event.funds_restored().billing_account()).crossed_percent = event.funds_restored().percent();
      return;
    case Event::kTermsPublished:
    case Event::kUserUpgraded:
    case Event::kActionDenied:
    case Event::KIND_NOT_SET:
      return;
  }
}

}  // namespace bursar::laws

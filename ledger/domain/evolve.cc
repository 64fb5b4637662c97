#include "ledger/domain/evolve.h"

#include "absl/strings/ascii.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/denials.h"
#include "ledger/domain/state.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;
using storage::v1::Part;

Person FromStorage(const storage::v1::PersonalData& data) {
  return {.name = data.name(), .email = data.email(), .postal_address = data.postal_address(), .phone = data.phone()};
}

MemberAccess FromStorage(const storage::v1::MemberAccess& access) {
  return {.admin = access.admin(), .allow_billable_activities = access.allow_billable_activities()};
}

// Applies one event; one overload each, found by the switch below.
class Evolution {
 public:
  Evolution(State& state, const Entry& entry)
      : state_(state), entry_(entry), time_(absl::FromUnixMicros(entry.commit_time())) {}

  void Apply(const Event& event);

 private:
  void On(const storage::v1::PartnerPublished& event) {
    state_.policy.partners[event.partner_id()] = {.partner_id = event.partner_id(),
                                                  .display_name = event.display_name(),
                                                  .default_region = event.default_region()};
  }

  void On(const storage::v1::PromotionPublished& event) {
    state_.policy.promotions[event.promotion_id()] = {
        .id = event.promotion_id(),
        .partner_id = event.partner_id(),
        .amount = Money::Micros(event.amount_micros()),
        .currency = event.currency(),
        .start_time = absl::FromUnixMicros(event.start_time()),
        .end_time = TimeOrNever(event.end_time()),
        .credit_lifetime = absl::Microseconds(event.credit_lifetime_micros()),
        .credit_priority = event.credit_priority()};
  }

  void On(const storage::v1::TermsPublished& event) {
    const bool terms = event.document() == storage::v1::TermsPublished::DOCUMENT_TERMS;
    (terms ? state_.policy.terms : state_.policy.pricing)
        .push_back({.version = event.version(),
                    .effective_time = absl::FromUnixMicros(event.effective_time()),
                    .url = event.url()});
  }

  void On(const storage::v1::ActionCataloguePublished& event) {
    ActionCatalogue& catalogue = state_.policy.catalogues.emplace_back();
    catalogue.effective_time = absl::FromUnixMicros(event.effective_time());
    for (const auto& action : event.actions()) {
      catalogue.actions[action.name()] = {
          .name = action.name(), .gated = action.gated(), .free = action.free(), .category = action.category()};
    }
  }

  void On(const storage::v1::PriceListPublished& event) {
    PriceList& list = state_.policy.price_lists[event.currency()].emplace_back();
    list.position = entry_.position();
    list.effective_time = absl::FromUnixMicros(event.effective_time());
    for (const auto& price : event.prices()) {
      list.prices[{price.sku(), price.region()}] = {.sku = price.sku(),
                                                    .region = price.region(),
                                                    .price = Money::Micros(price.price_micros()),
                                                    .per_quantity = price.per_quantity(),
                                                    .category = price.category()};
    }
  }

  void On(const storage::v1::UserRegistered& event) {
    const UserId id = UserId::Trusted(event.user_id());
    state_.users[id] = {.id = id,
                        .person = FromStorage(event.personal()),
                        .partner_id = event.partner_id(),
                        .region = event.region(),
                        .default_payer = BillingAccountId(id)};
    state_.user_of_email[absl::AsciiStrToLower(event.personal().email())] = id;
  }

  void On(const storage::v1::BillingAccountOpened& event) {
    const BillingAccountId id = BillingAccountId::Trusted(event.billing_account());
    BillingAccount& account = state_.accounts[id];
    account.id = id;
    account.currency = event.currency();
  }

  void On(const storage::v1::PromotionEntitled& event) {
    UserOf(event.user_id()).entitlement = {.promotion_id = event.promotion_id(),
                                           .amount = Money::Micros(event.amount_micros()),
                                           .currency = event.currency()};
  }

  void On(const storage::v1::PromotionLapsed& event) {
    Entitlement& entitlement = *UserOf(event.user_id()).entitlement;
    entitlement.status = Entitlement::Status::kLapsed;
    entitlement.lapse_reason = event.reason();
  }

  void On(const storage::v1::OrganizationCreated& event) {
    const OrganizationId id = OrganizationId::Trusted(event.organization_id());
    Organization& organization = state_.organizations[id];
    organization.id = id;
    organization.name = event.name();
    organization.hides_admins = event.hides_admins();
    organization.members[UserId::Trusted(event.admin_user_id())] = {.admin = true, .allow_billable_activities = true};
  }

  void On(const storage::v1::MemberInvited& event) {
    OrganizationOf(event.organization_id()).invitations[UserId::Trusted(event.user_id())] = FromStorage(event.access());
  }

  void On(const storage::v1::InvitationAccepted& event) {
    Organization& organization = OrganizationOf(event.organization_id());
    const auto invitation = organization.invitations.find(UserId::Trusted(event.user_id()));
    BURSAR_CHECK(invitation != organization.invitations.end());
    organization.members[invitation->first] = invitation->second;
    organization.invitations.erase(invitation);
  }

  void On(const storage::v1::MemberAccessSet& event) {
    OrganizationOf(event.organization_id()).members[UserId::Trusted(event.user_id())] = FromStorage(event.access());
  }

  void On(const storage::v1::DefaultPayerSet& event) {
    UserOf(event.user_id()).default_payer = BillingAccountId::Trusted(event.billing_account());
  }

  void On(const storage::v1::ProjectCreated& event) {
    const ProjectId id(event.project());
    state_.projects[id] = {.id = id,
                           .name = event.name(),
                           .owner = UserId::Trusted(event.user_id()),
                           .payer = BillingAccountId::Trusted(event.billing_account())};
  }

  void On(const storage::v1::AccountUpgradeSubmitted& event) {
    BillingSetup& setup = Account(event.billing_account()).setup;
    setup.status = BillingSetup::Status::kPending;
    setup.contact = FromStorage(event.contact());
    setup.terms_version = event.terms_version();
    setup.pricing_version = event.pricing_version();
  }

  void On(const storage::v1::VerificationSent& event) {
    BillingAccount& account = Account(event.billing_account());
    BillingSetup& setup = account.setup;
    state_.account_of_link.erase(setup.selector);
    setup.selector = event.selector();
    setup.secret_hash = event.secret_hash();
    setup.sent_time = time_;
    setup.expire_time = absl::FromUnixMicros(event.expire_time());
    state_.account_of_link[setup.selector] = account.id;
  }

  void On(const storage::v1::BillingConfirmed& event) {
    BillingSetup& setup = Account(event.billing_account()).setup;
    setup.status = BillingSetup::Status::kConfirmed;
    setup.confirmed_contact = FromStorage(event.contact());
    setup.confirmed_at = entry_.position();
  }

  void On(const storage::v1::UserUpgraded& event) {
    const bool form = event.route() == storage::v1::UserUpgraded::ROUTE_FORM;
    UserOf(event.user_id()).upgraded = form ? UpgradeRoute::kForm : UpgradeRoute::kOrganization;
  }

  void On(const storage::v1::CreditGranted& event) {
    BillingAccount& account = Account(event.billing_account());
    NewCredit(account, event.credit(), TimeOrNever(event.expire_time()));
    const bool spendable = event.actions().empty() && event.effective_time() <= entry_.commit_time();
    if (spendable) Rebase(account, event.funds_after_micros());
    if (event.origin() != storage::v1::CreditGranted::ORIGIN_PROMOTION) return;
    UserOf(event.billing_account()).entitlement->status = Entitlement::Status::kGranted;
  }

  void On(const storage::v1::CreditExpired& event) {
    const Credit* credit = Account(event.billing_account()).balance.Find(CreditId(event.credit()));
    state_.credits_by_expiry.erase({credit->expire_time, credit->id});
  }

  void On(const storage::v1::PaymentRecorded& event) {
    BillingAccount& account = Account(event.billing_account());
    if (event.credit() != 0) NewCredit(account, event.credit(), absl::InfiniteFuture());
    Rebase(account, event.funds_after_micros());
  }

  void On(const storage::v1::SpendingLimitSet& event) {
    if (event.limit_micros() <= event.previous_limit_micros()) return;
    Rebase(Account(event.billing_account()), event.funds_after_micros());
  }

  void On(const storage::v1::LimitIncreaseRequested& event) {
    const IncreaseId id(event.increase());
    BillingAccount& account = Account(event.billing_account());
    state_.increases[id] = {.id = id,
                            .account = account.id,
                            .requester = UserId::Trusted(event.user_id()),
                            .requested_limit = Money::Micros(event.requested_limit_micros()),
                            .limit_at_request = Money::Micros(event.current_limit_micros()),
                            .purchase_order = event.purchase_order(),
                            .reason = event.reason(),
                            .request_time = time_};
    account.open_increase = id;
  }

  void On(const storage::v1::LimitIncreaseSuperseded& event) {
    Close(event.increase(), LimitIncrease::Status::kSuperseded);
  }

  void On(const storage::v1::LimitIncreaseApproved& event) {
    LimitIncrease& increase = Close(event.increase(), LimitIncrease::Status::kApproved);
    increase.approved_limit = Money::Micros(event.approved_limit_micros());
    increase.decided_by = event.approver();
    increase.decision_note = event.note();
  }

  void On(const storage::v1::LimitIncreaseDenied& event) {
    LimitIncrease& increase = Close(event.increase(), LimitIncrease::Status::kDenied);
    increase.decided_by = event.approver();
    increase.decision_note = event.reason();
  }

  void On(const storage::v1::HoldPlaced& event) {
    const HoldId id(event.hold());
    Hold& hold = state_.holds[id];
    hold = {.id = id,
            .account = BillingAccountId::Trusted(event.billing_account()),
            .user = UserId::Trusted(event.user_id()),
            .project = ProjectId(event.project()),
            .action = event.action(),
            .category = event.category(),
            .expire_time = absl::FromUnixMicros(event.expire_time())};
    for (const Part& part : event.parts())
      hold.parts.emplace_back(CreditId(part.credit()), Money::Micros(part.amount_micros()));
    state_.holds_by_expiry.emplace(hold.expire_time, id);
  }

  void On(const storage::v1::HoldExtended& event) {
    Hold& hold = HoldOf(event.hold());
    for (const Part& part : event.parts())
      hold.parts.emplace_back(CreditId(part.credit()), Money::Micros(part.amount_micros()));
    state_.holds_by_expiry.erase({hold.expire_time, hold.id});
    hold.expire_time = absl::FromUnixMicros(event.expire_time());
    state_.holds_by_expiry.emplace(hold.expire_time, hold.id);
  }

  void On(const storage::v1::HoldCaptured& event) {
    Charged(event);
    if (event.closed()) return CloseHold(event.hold());
    Hold& hold = HoldOf(event.hold());
    // Captures draw from a hold's parts in their order, so that what is left is a tail of them.
    for (const Part& part : event.drawn()) {
      hold.parts.front().second -= Money::Micros(part.amount_micros());
      if (hold.parts.front().second == Money()) hold.parts.erase(hold.parts.begin());
    }
  }

  void On(const storage::v1::HoldReleased& event) { CloseHold(event.hold()); }

  void On(const storage::v1::HoldExpired& event) { CloseHold(event.hold()); }

  void On(const storage::v1::ActionDenied& event) {
    if (event.hold()) return;
    const std::string key = KeyOf(event);
    while (!state_.denials_by_age.empty() && state_.denials_by_age.begin()->first + kSameDenial <= time_) {
      state_.recent_denials.erase(state_.denials_by_age.begin()->second);
      state_.denials_by_age.erase(state_.denials_by_age.begin());
    }
    state_.recent_denials[key] = {.position = entry_.position(), .time = time_};
    state_.denials_by_age.emplace(time_, key);
  }

  void On(const storage::v1::UsageCharged& event) { Charged(event); }

  void On(const storage::v1::FundsThresholdCrossed& event) {
    Account(event.billing_account()).crossed_percent = event.percent();
  }

  void On(const storage::v1::FundsRestored& event) {
    Account(event.billing_account()).crossed_percent = event.percent();
  }

  void On(const storage::v1::ClockAdvanced&) { state_.had_manual_clock = true; }

  User& UserOf(const std::string& id) {
    const auto found = state_.users.find(UserId::Trusted(id));
    BURSAR_CHECK(found != state_.users.end());
    return found->second;
  }
  Organization& OrganizationOf(const std::string& id) {
    const auto found = state_.organizations.find(OrganizationId::Trusted(id));
    BURSAR_CHECK(found != state_.organizations.end());
    return found->second;
  }
  BillingAccount& Account(const std::string& id) {
    const auto found = state_.accounts.find(BillingAccountId::Trusted(id));
    BURSAR_CHECK(found != state_.accounts.end());
    return found->second;
  }
  Hold& HoldOf(uint64_t number) {
    const auto found = state_.holds.find(HoldId(number));
    BURSAR_CHECK(found != state_.holds.end());
    return found->second;
  }

  void NewCredit(const BillingAccount& account, uint64_t number, absl::Time expire_time) {
    state_.account_of_credit[CreditId(number)] = account.id;
    if (expire_time != absl::InfiniteFuture()) state_.credits_by_expiry.emplace(expire_time, CreditId(number));
  }

  static void Rebase(BillingAccount& account, int64_t funds_micros) {
    if (funds_micros > 0) account.funds_base = Money::Micros(funds_micros);
  }

  LimitIncrease& Close(uint64_t number, LimitIncrease::Status status) {
    LimitIncrease& increase = state_.increases.at(IncreaseId(number));
    increase.status = status;
    increase.decision_time = time_;
    Account(increase.account.text()).open_increase = IncreaseId();
    return increase;
  }

  void CloseHold(uint64_t number) {
    const Hold& hold = HoldOf(number);
    state_.holds_by_expiry.erase({hold.expire_time, hold.id});
    state_.holds.erase(hold.id);
  }

  template <class ChargingEvent>
  void Charged(const ChargingEvent& event) {
    constexpr int64_t kSecondsPerDay = 24 * 60 * 60;
    constexpr int64_t kDaysKept = 30;
    BillingAccount& account = Account(event.billing_account());
    if (event.has_metered()) account.remainders[event.metered().per_quantity()] = event.metered().remainder();
    const int64_t today = absl::ToUnixSeconds(time_) / kSecondsPerDay;
    account.charged_by_day.erase(account.charged_by_day.begin(), account.charged_by_day.upper_bound(today - kDaysKept));
    account.charged_by_day[today] += Sum(event.drawn());
  }

  State& state_;
  const Entry& entry_;
  const absl::Time time_;
};

void Evolution::Apply(const Event& event) {
  if (const BillingAccountId id = AccountOf(event); !id.empty() && event.kind_case() != Event::kBillingAccountOpened) {
    Account(id.text()).balance.Apply(event, entry_.position(), entry_.principal());
  }
  switch (event.kind_case()) {
    case Event::kPartnerPublished:
      return On(event.partner_published());
    case Event::kPromotionPublished:
      return On(event.promotion_published());
    case Event::kTermsPublished:
      return On(event.terms_published());
    case Event::kActionCataloguePublished:
      return On(event.action_catalogue_published());
    case Event::kPriceListPublished:
      return On(event.price_list_published());
    case Event::kUserRegistered:
      return On(event.user_registered());
    case Event::kBillingAccountOpened:
      return On(event.billing_account_opened());
    case Event::kPromotionEntitled:
      return On(event.promotion_entitled());
    case Event::kPromotionLapsed:
      return On(event.promotion_lapsed());
    case Event::kOrganizationCreated:
      return On(event.organization_created());
    case Event::kMemberInvited:
      return On(event.member_invited());
    case Event::kInvitationAccepted:
      return On(event.invitation_accepted());
    case Event::kMemberAccessSet:
      return On(event.member_access_set());
    case Event::kDefaultPayerSet:
      return On(event.default_payer_set());
    case Event::kProjectCreated:
      return On(event.project_created());
    case Event::kAccountUpgradeSubmitted:
      return On(event.account_upgrade_submitted());
    case Event::kVerificationSent:
      return On(event.verification_sent());
    case Event::kBillingConfirmed:
      return On(event.billing_confirmed());
    case Event::kUserUpgraded:
      return On(event.user_upgraded());
    case Event::kCreditGranted:
      return On(event.credit_granted());
    case Event::kCreditExpired:
      return On(event.credit_expired());
    case Event::kPaymentRecorded:
      return On(event.payment_recorded());
    case Event::kSpendingLimitSet:
      return On(event.spending_limit_set());
    case Event::kLimitIncreaseRequested:
      return On(event.limit_increase_requested());
    case Event::kLimitIncreaseSuperseded:
      return On(event.limit_increase_superseded());
    case Event::kLimitIncreaseApproved:
      return On(event.limit_increase_approved());
    case Event::kLimitIncreaseDenied:
      return On(event.limit_increase_denied());
    case Event::kHoldPlaced:
      return On(event.hold_placed());
    case Event::kHoldExtended:
      return On(event.hold_extended());
    case Event::kHoldCaptured:
      return On(event.hold_captured());
    case Event::kHoldReleased:
      return On(event.hold_released());
    case Event::kHoldExpired:
      return On(event.hold_expired());
    case Event::kActionDenied:
      return On(event.action_denied());
    case Event::kUsageCharged:
      return On(event.usage_charged());
    case Event::kFundsThresholdCrossed:
      return On(event.funds_threshold_crossed());
    case Event::kFundsRestored:
      return On(event.funds_restored());
    case Event::kClockAdvanced:
      return On(event.clock_advanced());
    case Event::KIND_NOT_SET:
      break;
  }
  BURSAR_CHECK(!"an event from a newer Bursar");
}

}  // namespace

void Evolve(State& state, const Entry& entry) {
  BURSAR_CHECK(entry.position() == state.position + 1);
  Evolution evolution(state, entry);
  for (const Event& event : entry.events()) evolution.Apply(event);
  state.position = entry.position();
  state.time = absl::FromUnixMicros(entry.commit_time());
}

}  // namespace bursar

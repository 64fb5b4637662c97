#include "tests/sim/api_request.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace bursar::sim {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::Timestamp;

constexpr int64_t kMost = 1'000'000'000'000'000;
constexpr int64_t kMostPer = 1'000'000'000'000;

void Set(Timestamp* to, absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

// What must be there.
void Default(std::string& text, const char* otherwise) {
  if (text.empty()) text = otherwise;
}

// One overload for each command that a client can give.
class Asking {
 public:
  Asking(ApiRequest& request, const LinkKey& links) : request_(request), links_(links) {}

  // Policy ------------------------------------------------------------------------------------------------------------

  void operator()(PublishPartner& c) {
    Default(c.display_name, "Partner");
    auto& partner = *For<v1::PublishPartnerRequest>("PolicyService.PublishPartner").mutable_partner();
    partner.set_partner_id(c.partner_id);
    partner.set_display_name(c.display_name);
    partner.set_default_region(c.default_region);
    for (const IdentityProvider& provider : c.identity_providers) {
      auto& added = *partner.add_identity_providers();
      added.set_issuer(provider.issuer);
      added.set_internal(provider.internal);
    }
  }

  void operator()(PublishPromotion& c) {
    c.credit_lifetime = absl::Trunc(c.credit_lifetime, absl::Seconds(1));
    c.credit_priority = std::clamp(c.credit_priority, 0, 1000);
    auto& promotion = *For<v1::PublishPromotionRequest>("PolicyService.PublishPromotion").mutable_promotion();
    promotion.set_promotion_id(c.promotion_id);
    promotion.set_partner_id(c.partner_id);
    promotion.set_amount_micros(c.amount.micros());
    promotion.set_currency(c.currency);
    if (c.start_time) Set(promotion.mutable_start_time(), *c.start_time);
    if (c.end_time) Set(promotion.mutable_end_time(), *c.end_time);
    promotion.set_credit_lifetime_seconds(absl::ToInt64Seconds(c.credit_lifetime));
    promotion.set_credit_priority(c.credit_priority);
  }

  void operator()(PublishTerms& c) {
    auto& terms = *For<v1::PublishTermsRequest>("PolicyService.PublishTerms").mutable_terms();
    terms.set_document(c.document == Document::kTerms ? v1::DOCUMENT_TERMS : v1::DOCUMENT_PRICING);
    terms.set_version(c.version);
    if (c.effective_time) Set(terms.mutable_effective_time(), *c.effective_time);
    terms.set_url(c.url);
  }

  void operator()(PublishActionCatalogue& c) {
    auto& request = For<v1::PublishActionCatalogueRequest>("PolicyService.PublishActionCatalogue");
    if (c.effective_time) Set(request.mutable_effective_time(), *c.effective_time);
    for (CatalogueAction& action : c.actions) {
      Default(action.category, "other");
      auto& added = *request.add_actions();
      added.set_name(action.name);
      added.set_gated(action.gated);
      added.set_free(action.free);
      added.set_category(action.category);
    }
  }

  void operator()(PublishPriceList& c) {
    auto& request = For<v1::PublishPriceListRequest>("PolicyService.PublishPriceList");
    request.set_currency(c.currency);
    if (c.effective_time) Set(request.mutable_effective_time(), *c.effective_time);
    for (ListedPrice& price : c.prices) {
      price.per_quantity = std::min(price.per_quantity, kMostPer);
      auto& added = *request.add_prices();
      added.set_sku(price.sku);
      added.set_region(price.region);
      added.set_price_micros(price.price.micros());
      added.set_per_quantity(price.per_quantity);
      added.set_category(price.category);
      if (price.most_quantity > 0) added.set_most_quantity(price.most_quantity);
    }
  }

  void operator()(PublishSponsorship& c) {
    auto& sponsorship = *For<v1::PublishSponsorshipRequest>("PolicyService.PublishSponsorship").mutable_sponsorship();
    sponsorship.set_sponsorship_id(c.sponsorship_id);
    sponsorship.set_billing_account(c.billing_account.text());
    sponsorship.set_partner_id(c.partner_id);
    for (const std::string& action : c.actions) sponsorship.add_actions(action);
    for (const std::string& sku : c.skus) sponsorship.add_skus(sku);
    sponsorship.set_share_percent(c.share_percent);
    sponsorship.set_quota_micros(c.quota.micros());
    if (c.start_time) Set(sponsorship.mutable_start_time(), *c.start_time);
    if (c.end_time) Set(sponsorship.mutable_end_time(), *c.end_time);
  }

  // People ------------------------------------------------------------------------------------------------------------

  void operator()(RegisterUser& c) {
    auto& request = For<v1::RegisterUserRequest>("AccountService.RegisterUser");
    request.set_handle(c.handle);
    request.set_name(c.person.name);
    request.set_email(c.person.email);
    request.set_partner_id(c.partner_id);
    request.set_region(c.region);
    request.set_currency(c.currency);
    request.set_identity_issuer(c.identity.issuer);
    request.set_identity_subject(c.identity.subject);
  }

  void operator()(LinkIdentity& c) {
    auto& request = For<v1::LinkIdentityRequest>("AccountService.LinkIdentity");
    request.set_user_id(c.user.text());
    request.set_identity_issuer(c.identity.issuer);
    request.set_identity_subject(c.identity.subject);
  }

  void operator()(MergeUsers& c) {
    auto& request = For<v1::MergeUsersRequest>("AccountService.MergeUsers");
    request.set_from_user_id(c.from.text());
    request.set_into_user_id(c.into.text());
    request.set_reason(c.reason);
  }

  void operator()(CloseUser& c) { For<v1::CloseUserRequest>("AccountService.CloseUser").set_user_id(c.user.text()); }

  void operator()(CreateOrganization& c) {
    auto& request = For<v1::CreateOrganizationRequest>("AccountService.CreateOrganization");
    request.set_handle(c.handle);
    request.set_name(c.name);
    request.set_admin_user_id(c.admin.text());
    request.set_currency(c.currency);
    request.set_hides_admins(c.hides_admins);
  }

  void operator()(SetOrganizationSettings& c) {
    auto& request = For<v1::SetOrganizationSettingsRequest>("AccountService.SetOrganizationSettings");
    request.set_organization_id(c.organization.text());
    request.set_hides_admins(c.hides_admins);
    request.set_restricts_transfers(c.restricts_transfers);
  }

  void operator()(SetOrganizationExpiry& c) {
    auto& request = For<v1::SetOrganizationExpiryRequest>("AccountService.SetOrganizationExpiry");
    request.set_organization_id(c.organization.text());
    if (c.expire_time) Set(request.mutable_expire_time(), *c.expire_time);
  }

  void operator()(InviteMember& c) {
    auto& request = For<v1::InviteMemberRequest>("AccountService.InviteMember");
    request.set_organization_id(c.organization.text());
    request.set_user_id(c.user.text());
    Set(*request.mutable_access(), c.access);
  }

  void operator()(AcceptInvitation& c) {
    auto& request = For<v1::AcceptInvitationRequest>("AccountService.AcceptInvitation");
    request.set_organization_id(c.organization.text());
    request.set_user_id(c.user.text());
  }

  void operator()(SetMemberAccess& c) {
    auto& request = For<v1::SetMemberAccessRequest>("AccountService.SetMemberAccess");
    request.set_organization_id(c.organization.text());
    request.set_user_id(c.user.text());
    Set(*request.mutable_access(), c.access);
  }

  void operator()(RemoveMember& c) {
    auto& request = For<v1::RemoveMemberRequest>("AccountService.RemoveMember");
    request.set_organization_id(c.organization.text());
    request.set_user_id(c.user.text());
  }

  void operator()(SetDefaultPayer& c) {
    auto& request = For<v1::SetDefaultPayerRequest>("AccountService.SetDefaultPayer");
    request.set_user_id(c.user.text());
    request.set_billing_account(c.billing_account.text());
  }

  void operator()(CreateProject& c) {
    auto& request = For<v1::CreateProjectRequest>("AccountService.CreateProject");
    request.set_user_id(c.user.text());
    request.set_name(c.name);
    request.set_bill_to(c.bill_to.text());
    request.set_region(c.region);
  }

  void operator()(SetProjectPayer& c) {
    auto& request = For<v1::SetProjectPayerRequest>("AccountService.SetProjectPayer");
    request.set_user_id(c.user.text());
    request.set_project_id(c.project.text());
    request.set_bill_to(c.bill_to.text());
  }

  void operator()(AcceptProjectTransfer& c) {
    auto& request = For<v1::AcceptProjectTransferRequest>("AccountService.AcceptProjectTransfer");
    request.set_user_id(c.user.text());
    request.set_project_id(c.project.text());
  }

  void operator()(DeclineProjectTransfer& c) {
    auto& request = For<v1::DeclineProjectTransferRequest>("AccountService.DeclineProjectTransfer");
    request.set_user_id(c.user.text());
    request.set_project_id(c.project.text());
  }

  // Billing -----------------------------------------------------------------------------------------------------------

  void operator()(SubmitAccountUpgrade& c) {
    auto& request = For<v1::SubmitAccountUpgradeRequest>("BillingService.SubmitAccountUpgrade");
    request.set_billing_account(c.billing_account.text());
    request.set_user_id(c.user.text());
    Set(*request.mutable_contact(), c.contact);
    request.set_terms_version(c.terms_version);
    request.set_pricing_version(c.pricing_version);
  }

  void operator()(ResendVerification& c) {
    For<v1::ResendVerificationRequest>("BillingService.ResendVerification")
        .set_billing_account(c.billing_account.text());
  }

  void operator()(ConfirmBilling& c) {
    auto& request = For<v1::ConfirmBillingRequest>("BillingService.ConfirmBilling");
    request.set_token(Token(c.selector, c.secret_hash));
  }

  void operator()(DeclineBilling& c) {
    auto& request = For<v1::DeclineBillingRequest>("BillingService.DeclineBilling");
    request.set_token(Token(c.selector, c.secret_hash));
    request.set_reason(c.reason);
  }

  void operator()(RequestBillingChange& c) {
    auto& request = For<v1::RequestBillingChangeRequest>("BillingService.RequestBillingChange");
    request.set_billing_account(c.billing_account.text());
    request.set_user_id(c.user.text());
    if (c.contact) {
      Set(*request.mutable_contact(), *c.contact);
    } else {
      request.set_purchase_order(c.purchase_order);
    }
  }

  void operator()(ApplyBillingChange& c) {
    For<v1::ApplyBillingChangeRequest>("BillingService.ApplyBillingChange").set_change_id(c.change.text());
  }

  void operator()(RequestAssistedSetup& c) {
    auto& request = For<v1::RequestAssistedSetupRequest>("BillingService.RequestAssistedSetup");
    request.set_billing_account(c.billing_account.text());
    request.set_user_id(c.user.text());
    request.set_contact_name(c.contact.name);
    request.set_contact_email(c.contact.email);
    for (const TimeSlot& slot : c.slots) {
      auto& added = *request.add_slots();
      Set(added.mutable_start_time(), slot.start);
      Set(added.mutable_end_time(), slot.end);
    }
  }

  void operator()(ScheduleAssistedSetup& c) {
    auto& request = For<v1::ScheduleAssistedSetupRequest>("BillingService.ScheduleAssistedSetup");
    request.set_setup_id(c.setup.text());
    request.set_slot(static_cast<int32_t>(c.slot) + 1);
  }

  void operator()(RecordPurchaseOrder& c) {
    auto& request = For<v1::RecordPurchaseOrderRequest>("BillingService.RecordPurchaseOrder");
    request.set_number(c.number);
    request.set_platform_id(c.platform_id);
    request.set_value_micros(c.value.micros());
    request.set_currency(c.currency);
    request.set_document_url(c.document);
  }

  void operator()(RecordPayment& c) {
    auto& request = For<v1::RecordPaymentRequest>("BillingService.RecordPayment");
    request.set_billing_account(c.billing_account.text());
    request.set_amount_micros(c.amount.micros());
    request.set_currency(c.currency);
    request.set_reference(c.reference);
  }

  // Credits and limits ------------------------------------------------------------------------------------------------

  void operator()(GrantCredit& c) {
    c.priority = std::clamp(c.priority, 0, 1000);
    Default(c.reason, "a grant");
    auto& request = For<v1::GrantCreditRequest>("CreditService.GrantCredit");
    request.set_billing_account(c.billing_account.text());
    request.set_amount_micros(c.amount.micros());
    request.set_currency(c.currency);
    request.set_priority(c.priority);
    if (c.effective_time) Set(request.mutable_effective_time(), *c.effective_time);
    if (c.expire_time) Set(request.mutable_expire_time(), *c.expire_time);
    for (const std::string& action : c.actions) request.add_actions(action);
    request.set_reason(c.reason);
  }

  void operator()(RevokeCredit& c) {
    auto& request = For<v1::RevokeCreditRequest>("CreditService.RevokeCredit");
    request.set_credit_id(c.credit.text());
    request.set_reason(c.reason);
  }

  void operator()(SetSpendingLimit& c) {
    auto& request = For<v1::SetSpendingLimitRequest>("LimitService.SetSpendingLimit");
    request.set_billing_account(c.billing_account.text());
    request.set_limit_micros(c.limit.micros());
    request.set_currency(c.currency);
    request.set_reason(c.reason);
  }

  void operator()(RequestLimitIncrease& c) {
    auto& request = For<v1::RequestLimitIncreaseRequest>("LimitService.RequestLimitIncrease");
    request.set_billing_account(c.billing_account.text());
    request.set_user_id(c.user.text());
    request.set_requested_limit_micros(c.requested_limit.micros());
    request.set_currency(c.currency);
    request.set_purchase_order(c.purchase_order);
    request.set_reason(c.reason);
  }

  void operator()(ApproveLimitIncrease& c) {
    if (c.limit == Money()) c.limit.reset();
    auto& request = For<v1::ApproveLimitIncreaseRequest>("LimitService.ApproveLimitIncrease");
    request.set_increase_id(c.increase.text());
    if (c.limit) request.set_limit_micros(c.limit->micros());
    request.set_note(c.note);
    if (c.end_time) Set(request.mutable_end_time(), *c.end_time);
  }

  void operator()(DenyLimitIncrease& c) {
    auto& request = For<v1::DenyLimitIncreaseRequest>("LimitService.DenyLimitIncrease");
    request.set_increase_id(c.increase.text());
    request.set_reason(c.reason);
  }

  void operator()(WithdrawLimitIncrease& c) {
    For<v1::WithdrawLimitIncreaseRequest>("LimitService.WithdrawLimitIncrease").set_increase_id(c.increase.text());
  }

  void operator()(SetBudget& c) {
    auto& request = For<v1::SetBudgetRequest>("LimitService.SetBudget");
    request.set_billing_account(c.billing_account.text());
    request.set_user_id(c.scope.member.text());
    request.set_project_id(c.scope.project.text());
    request.set_category(c.scope.category);
    request.set_limit_micros(c.limit.micros());
    request.set_period(PeriodOf(c.period));
    request.set_time_zone(c.time_zone);
    request.set_reason(c.reason);
  }

  void operator()(RemoveBudget& c) {
    For<v1::RemoveBudgetRequest>("LimitService.RemoveBudget").set_budget_id(c.budget.text());
  }

  // The gate and usage ------------------------------------------------------------------------------------------------

  void operator()(Check& c) { Set(*For<v1::CheckRequest>("GateService.Check").mutable_gated_action(), c.action); }

  void operator()(PlaceHold& c) {
    auto& request = For<v1::PlaceHoldRequest>("GateService.PlaceHold");
    Set(*request.mutable_gated_action(), c.action);
    if (c.expire_time) Set(request.mutable_expire_time(), *c.expire_time);
  }

  void operator()(ExtendHold& c) {
    auto& request = For<v1::ExtendHoldRequest>("GateService.ExtendHold");
    request.set_hold_id(c.hold.text());
    request.set_additional_micros(c.additional.micros());
    if (c.expire_time) Set(request.mutable_expire_time(), *c.expire_time);
  }

  void operator()(CaptureHold& c) {
    auto& request = For<v1::CaptureHoldRequest>("GateService.CaptureHold");
    request.set_hold_id(c.hold.text());
    if (const Money* amount = std::get_if<Money>(&c.cost)) {
      request.set_amount_micros(amount->micros());
    } else {
      Set(*request.mutable_usage(), std::get<Metered>(c.cost));
    }
    request.set_last(c.last);
  }

  void operator()(ReleaseHold& c) { For<v1::ReleaseHoldRequest>("GateService.ReleaseHold").set_hold_id(c.hold.text()); }

  void operator()(RecordUsage& c) {
    auto& record = *For<v1::RecordUsageRequest>("UsageService.RecordUsage").add_records();
    record.set_user_id(c.user.text());
    record.set_project_id(c.project.text());
    record.set_bill_to(c.bill_to.text());
    Set(*record.mutable_usage(), c.metered);
  }

  void operator()(ReverseCharge& c) {
    auto& request = For<v1::ReverseChargeRequest>("UsageService.ReverseCharge");
    request.set_charge_id(c.charge.text());
    if (c.amount) request.set_amount_micros(c.amount->micros());
    request.set_cause(c.cause == ReversalCause::kPlatformFailure ? v1::REVERSAL_CAUSE_PLATFORM_FAILURE
                                                                 : v1::REVERSAL_CAUSE_CORRECTION);
    request.set_reason(c.reason);
  }

  void operator()(ReleaseQuarantinedUsage& c) {
    if (c.quantity == 0) c.quantity.reset();
    auto& request = For<v1::ReleaseQuarantinedUsageRequest>("UsageService.ReleaseQuarantinedUsage");
    request.set_quarantine_id(c.quarantine.text());
    if (c.quantity) request.set_quantity(*c.quantity);
  }

  void operator()(DiscardQuarantinedUsage& c) {
    auto& request = For<v1::DiscardQuarantinedUsageRequest>("UsageService.DiscardQuarantinedUsage");
    request.set_quarantine_id(c.quarantine.text());
    request.set_reason(c.reason);
  }

  void operator()(AdvanceClock&) {}
  void operator()(ExpireDue&) {}

 private:
  template <class Request>
  Request& For(absl::string_view method) {
    request_.method =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(absl::StrCat("bursar.v1.", method));
    auto message = std::make_unique<Request>();
    Request& made = *message;
    request_.message = std::move(message);
    return made;
  }

  static void Set(Timestamp* to, absl::Time time) { sim::Set(to, time); }

  static void Set(v1::MemberAccess& to, const MemberAccess& access) {
    to.set_admin(access.admin);
    to.set_allow_billable_activities(access.allow_billable_activities);
  }

  static void Set(v1::BillingContact& to, Person& contact) {
    Default(contact.postal_address, "1 Main St");
    Default(contact.phone, "+1 555 0100");
    to.set_name(contact.name);
    to.set_email(contact.email);
    to.set_postal_address(contact.postal_address);
    to.set_phone(contact.phone);
  }

  static void Set(v1::GatedAction& to, const GatedAction& action) {
    to.set_action(action.action);
    to.set_user_id(action.user.text());
    to.set_project_id(action.project.text());
    to.set_bill_to(action.bill_to.text());
    to.set_cost_micros(action.cost.micros());
    to.set_cost_limit_micros(action.cost_limit.micros());
  }

  static void Set(v1::Usage& to, Metered& metered) {
    metered.quantity = std::clamp(metered.quantity, -kMost, kMost);
    to.set_sku(metered.sku);
    to.set_region(metered.region);
    to.set_quantity(metered.quantity);
    if (metered.usage_time) sim::Set(to.mutable_usage_time(), *metered.usage_time);
  }

  static v1::Budget::Period PeriodOf(BudgetPeriod period) {
    switch (period) {
      case BudgetPeriod::kDay:
        return v1::Budget::PERIOD_DAY;
      case BudgetPeriod::kWeek:
        return v1::Budget::PERIOD_WEEK;
      case BudgetPeriod::kMonth:
        return v1::Budget::PERIOD_MONTH;
      case BudgetPeriod::kLife:
        return v1::Budget::PERIOD_LIFE;
    }
    return v1::Budget::PERIOD_UNSPECIFIED;
  }

  // The mailed one, or one with a secret that was guessed.
  std::string Token(const std::string& selector, std::string& secret_hash) const {
    if (secret_hash == links_.SecretHash(selector)) return links_.Token(selector);
    const std::string guess = Sha256(secret_hash);
    secret_hash = Sha256(guess);
    const auto unpadded = [](absl::string_view bytes) {
      std::string text = absl::WebSafeBase64Escape(bytes);
      while (!text.empty() && text.back() == '=') text.pop_back();
      return text;
    };
    return absl::StrCat(unpadded(selector), ".", unpadded(guess));
  }

  ApiRequest& request_;
  const LinkKey& links_;
};

}  // namespace

ApiRequest RequestOf(Command& command, const LinkKey& links) {
  ApiRequest request;
  std::visit(Asking(request, links), command);
  return request;
}

}  // namespace bursar::sim

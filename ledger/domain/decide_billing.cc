// Setting up who pays: the form, the mailed link, and what its use brings.
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using Status = BillingSetup::Status;

constexpr absl::Duration kLinkLifetime = absl::Hours(24 * 7);

Event LinkSent(const BillingAccountId& account, const LinkSeed& link, absl::Time now) {
  Event event;
  auto& sent = *event.mutable_verification_sent();
  sent.set_billing_account(account.text());
  sent.set_selector(link.selector);
  sent.set_secret_hash(link.secret_hash);
  sent.set_expire_time(absl::ToUnixMicros(now + kLinkLifetime));
  return event;
}

absl::Status CheckCurrent(Document document, const std::string& accepted, const Context& context) {
  const TermsVersion* current = context.state.policy.CurrentTerms(document, context.now);
  if (current != nullptr && current->version == accepted) return absl::OkStatus();
  return TermsOutdated(document == Document::kTerms ? "terms" : "pricing", accepted,
                       current == nullptr ? "" : current->version);
}

Event Confirmed(const BillingAccount& account) {
  Event event;
  auto& confirmed = *event.mutable_billing_confirmed();
  confirmed.set_billing_account(account.id.text());
  confirmed.set_selector(account.setup.selector);
  confirmed.set_terms_version(account.setup.terms_version);
  confirmed.set_pricing_version(account.setup.pricing_version);
  *confirmed.mutable_contact() = ToStorage(account.setup.contact);
  return event;
}

Event Lapsed(const User& user, const std::string& reason) {
  Event event;
  event.mutable_promotion_lapsed()->set_user_id(user.id.text());
  event.mutable_promotion_lapsed()->set_promotion_id(user.entitlement->promotion_id);
  event.mutable_promotion_lapsed()->set_reason(reason);
  return event;
}

// Grants what the user was promised, or says why not. Once: a granted or lapsed promise brings nothing.
void RedeemPromise(Events& events, const User& user, const BillingAccount& account, const Context& context) {
  if (!user.entitlement.has_value() || user.entitlement->status != Entitlement::Status::kEntitled) return;
  const auto found = context.state.policy.promotions.find(user.entitlement->promotion_id);
  BURSAR_CHECK(found != context.state.policy.promotions.end());
  const Promotion& promotion = found->second;
  if (!promotion.IsOpen(context.now)) {
    events.push_back(Lapsed(user, "the promotion had ended when billing was confirmed"));
    return;
  }
  const Money amount = user.entitlement->amount;
  const Money funds = account.balance.Funds(context.now) + amount;
  auto& granted = *events.emplace_back().mutable_credit_granted();
  granted.set_credit(context.position());
  granted.set_billing_account(account.id.text());
  granted.set_amount_micros(amount.micros());
  granted.set_currency(account.currency);
  granted.set_origin(storage::v1::CreditGranted::ORIGIN_PROMOTION);
  granted.set_priority(promotion.credit_priority);
  granted.set_effective_time(context.now_micros());
  const bool expires = promotion.credit_lifetime > absl::ZeroDuration();
  granted.set_expire_time(expires ? absl::ToUnixMicros(context.now + promotion.credit_lifetime) : 0);
  granted.set_reason(absl::StrCat("promotion ", promotion.id));
  granted.set_promotion_id(promotion.id);
  granted.set_funds_after_micros(funds.micros());
  NoticeNewBase(events, account, funds);
}

void UpgradeOwner(Events& events, const UserId& id, const BillingAccount& account, const Context& context) {
  const User* user = context.state.Find(id);
  BURSAR_CHECK(user != nullptr);
  if (user->upgraded != UpgradeRoute::kForm) events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_FORM, id));
  RedeemPromise(events, *user, account, context);
}

void UpgradeMembers(Events& events, const OrganizationId& id, const Context& context) {
  const Organization* organization = context.state.Find(id);
  BURSAR_CHECK(organization != nullptr);
  for (const auto& [user, access] : organization->members) {
    if (!access.allow_billable_activities || context.state.Find(user)->upgraded.has_value()) continue;
    events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_ORGANIZATION, user));
  }
}

}  // namespace

absl::StatusOr<Decision> DecideBilling(const SubmitAccountUpgrade& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  BURSAR_CHECK(account != nullptr);
  if (account->setup.status == Status::kConfirmed) return AlreadyConfirmed(account->id);
  if (auto status = CheckCurrent(Document::kTerms, command.terms_version, context); !status.ok()) return status;
  if (auto status = CheckCurrent(Document::kPricing, command.pricing_version, context); !status.ok()) return status;
  Event event;
  auto& submitted = *event.mutable_account_upgrade_submitted();
  submitted.set_billing_account(account->id.text());
  submitted.set_user_id(command.user.text());
  *submitted.mutable_contact() = ToStorage(command.contact);
  submitted.set_terms_version(command.terms_version);
  submitted.set_pricing_version(command.pricing_version);
  return Happened(event, LinkSent(account->id, command.link, context.now));
}

absl::StatusOr<Decision> DecideBilling(const ResendVerification& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  if (account == nullptr) return BillingAccountNotFound(command.billing_account);
  if (account->setup.status != Status::kPending) return NothingToResend(account->id);
  return Happened(LinkSent(account->id, command.link, context.now));
}

absl::StatusOr<Decision> DecideBilling(const ConfirmBilling& command, const Context& context) {
  const BillingAccount* account = FindByLink(context.state, command.selector, command.secret_hash);
  if (account == nullptr) return LinkInvalid();
  if (account->setup.confirmed_at != 0) return Decision{.events = {}, .repeats = account->setup.confirmed_at};
  if (account->setup.expire_time <= context.now) return LinkExpired();
  Decision decision = Happened(Confirmed(*account));
  if (const auto user = account->id.user()) UpgradeOwner(decision.events, *user, *account, context);
  if (const auto organization = account->id.organization()) UpgradeMembers(decision.events, *organization, context);
  return decision;
}

}  // namespace bursar

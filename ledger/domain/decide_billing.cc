// Setting up who pays: the form, the mailed link, and what its use brings. Only the newest link of an account is alive,
// and it asks for what is open: billing to be set up, or another contact.
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

// So long after a link was mailed its contact is reminded of it.
constexpr absl::Duration kReminderAfter = absl::Hours(24 * 3);

absl::Status CheckCurrent(Document document, const std::string& accepted, const Context& context) {
  const TermsVersion* current = context.state.policy.CurrentTerms(document, context.now);
  if (current != nullptr && current->version == accepted) return absl::OkStatus();
  return TermsOutdated(document == Document::kTerms ? "terms" : "pricing", accepted,
                       current == nullptr ? "" : current->version);
}

// `contact` accepts what was accepted when billing was set up.
Event Confirmed(const BillingAccount& account, const Person& contact, BillingChangeId change) {
  Event event;
  auto& confirmed = *event.mutable_billing_confirmed();
  confirmed.set_billing_account(account.id.text());
  confirmed.set_selector(account.setup.selector);
  confirmed.set_terms_version(account.setup.terms_version);
  confirmed.set_pricing_version(account.setup.pricing_version);
  *confirmed.mutable_contact() = ToStorage(contact);
  confirmed.set_change(change.number());
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
  const bool assisted = account.setup.route == UpgradeRoute::kAssisted;
  if (user->upgraded != account.setup.route) {
    events.push_back(
        UpgradedBy(assisted ? storage::v1::UserUpgraded::ROUTE_ASSISTED : storage::v1::UserUpgraded::ROUTE_FORM, id));
  }
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

Decision SetUp(const BillingAccount& account, const Context& context) {
  Decision decision = Happened(Confirmed(account, account.setup.contact, BillingChangeId()));
  if (const auto user = account.id.user()) UpgradeOwner(decision.events, *user, account, context);
  if (const auto organization = account.id.organization()) UpgradeMembers(decision.events, *organization, context);
  return decision;
}

// Nobody is upgraded by it, and nothing granted.
Decision ContactChanged(const BillingAccount& account, const BillingChange& change) {
  Event applied;
  applied.mutable_billing_change_applied()->set_change(change.id.number());
  applied.mutable_billing_change_applied()->set_billing_account(account.id.text());
  return Happened(Confirmed(account, *change.contact, change.id), applied);
}

// A link sent anew in a time slot is good until the slot's end, as the one before.
absl::Time ExpiryOfLink(const BillingSetup& setup, const Context& context) {
  const AssistedSetup* assisted = context.state.Find(setup.open_setup);
  const bool in_slot = assisted != nullptr && assisted->status == AssistedSetup::Status::kSent;
  return in_slot ? assisted->slot.end : context.now + kLinkLifetime;
}

}  // namespace

Event LinkSent(const BillingAccountId& account, const LinkSeed& link, absl::Time now, absl::Time expire_time) {
  const absl::Time remind_time = now + kReminderAfter;
  Event event;
  auto& sent = *event.mutable_verification_sent();
  sent.set_billing_account(account.text());
  sent.set_selector(link.selector);
  sent.set_secret_hash(link.secret_hash);
  sent.set_expire_time(absl::ToUnixMicros(expire_time));
  sent.set_remind_time(remind_time < expire_time ? absl::ToUnixMicros(remind_time) : 0);
  return event;
}

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
  return Happened(event, LinkSent(account->id, command.link, context.now, context.now + kLinkLifetime));
}

absl::StatusOr<Decision> DecideBilling(const ResendVerification& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  if (account == nullptr) return BillingAccountNotFound(command.billing_account);
  const bool asks_new_contact = ContactChangeOf(*account, context.state) != nullptr;
  if (account->setup.status != Status::kPending && !asks_new_contact) return NothingToResend(account->id);
  return Happened(LinkSent(account->id, command.link, context.now, ExpiryOfLink(account->setup, context)));
}

absl::StatusOr<Decision> DecideBilling(const ConfirmBilling& command, const Context& context) {
  const BillingAccount* account = FindByLink(context.state, command.selector, command.secret_hash);
  if (account == nullptr || account->setup.declined_at != 0) return LinkInvalid();
  if (account->setup.confirmed_at != 0) return Decision{.events = {}, .repeats = account->setup.confirmed_at};
  if (account->setup.expire_time <= context.now) return LinkExpired();
  const BillingChange* change = ContactChangeOf(*account, context.state);
  return change == nullptr ? SetUp(*account, context) : ContactChanged(*account, *change);
}

absl::StatusOr<Decision> DecideBilling(const DeclineBilling& command, const Context& context) {
  const BillingAccount* account = FindByLink(context.state, command.selector, command.secret_hash);
  if (account == nullptr || account->setup.confirmed_at != 0) return LinkInvalid();
  if (account->setup.declined_at != 0) return Decision{.events = {}, .repeats = account->setup.declined_at};
  if (account->setup.expire_time <= context.now) return LinkExpired();
  Event event;
  auto& declined = *event.mutable_billing_declined();
  declined.set_billing_account(account->id.text());
  declined.set_selector(account->setup.selector);
  declined.set_reason(command.reason);
  Decision decision = Happened(event);
  if (const BillingChange* change = ContactChangeOf(*account, context.state)) {
    decision.events.push_back(ChangeClosed(*change, "the new contact declined"));
  }
  return decision;
}

void RemindContact(Events& events, const BillingAccount& account) {
  auto& reminded = *events.emplace_back().mutable_verification_reminded();
  reminded.set_billing_account(account.id.text());
  reminded.set_selector(account.setup.selector);
}

}  // namespace bursar

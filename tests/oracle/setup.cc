// Setting up who pays: the form, and the contact who answers the mailed link.
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

constexpr absl::Duration kLinkLife = absl::Hours(24 * 7);

const Terms* Current(World& world, v1::Document document, absl::Time now) {
  const Terms* current = nullptr;
  for (const Terms& terms : world.terms[document]) {
    if (terms.effective <= now && (current == nullptr || terms.effective >= current->effective)) current = &terms;
  }
  return current;
}

bool IsOutdated(World& world, v1::Document document, const std::string& version, absl::Time now) {
  const Terms* current = Current(world, document, now);
  return current == nullptr || current->version != version;
}

Answer SubmitAccountUpgrade(World& world, const Asked& asked, const v1::SubmitAccountUpgradeRequest& request) {
  const std::string id = world.Present(request.billing_account());
  const std::string user = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  Account* account = world.FindAccount(id);
  if (user != asked.person || account == nullptr || !AnswersFor(world, user, id)) {
    return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  }
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  if (IsSetUp(world, id)) return Refuse(v1::ERROR_REASON_ALREADY_CONFIRMED);
  if (IsOutdated(world, v1::DOCUMENT_TERMS, request.terms_version(), asked.now) ||
      IsOutdated(world, v1::DOCUMENT_PRICING, request.pricing_version(), asked.now)) {
    return Refuse(v1::ERROR_REASON_TERMS_OUTDATED);
  }
  account->setup = v1::BillingSetup::STATUS_PENDING;
  account->contact_email = request.contact().email();
  account->sent = asked.now;
  account->link_expire = asked.now + kLinkLife;
  account->submitter = user;
  account->terms = request.terms_version();
  account->pricing = request.pricing_version();
  v1::SubmitAccountUpgradeResponse response;
  response.set_billing_account(id);
  response.set_sent_to(request.contact().email());
  *response.mutable_sent_time() = ToTimestamp(asked.now);
  *response.mutable_link_expire_time() = ToTimestamp(account->link_expire);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer ResendVerification(World& world, const Asked& asked, const v1::ResendVerificationRequest& request) {
  const std::string id = world.Present(request.billing_account());
  if (asked.role != Role::kSupport && !AnswersFor(world, asked.person, id)) {
    return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  }
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Account* account = world.FindAccount(id);
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (account->setup_is_foggy && asked.seen == nullptr) return NoOpinion();
  if (!account->setup_is_foggy && account->setup != v1::BillingSetup::STATUS_PENDING) {
    return Refuse(v1::ERROR_REASON_NOTHING_TO_RESEND);
  }
  account->sent = asked.now;
  account->link_expire = asked.now + kLinkLife;
  v1::ResendVerificationResponse response;
  response.set_billing_account(id);
  *response.mutable_sent_time() = ToTimestamp(asked.now);
  *response.mutable_link_expire_time() = ToTimestamp(account->link_expire);
  response.set_position(asked.position);
  return Give(std::move(response));
}

// What was promised is granted where its promotion is open, and lapses otherwise.
void RedeemPromise(World& world, const Asked& asked, User& user, Account& account,
                   v1::ConfirmBillingResponse& response) {
  if (!user.entitlement.has_value() || user.entitlement->status() != v1::Entitlement::STATUS_ENTITLED) return;
  const auto& seen = asked.Seen<v1::ConfirmBillingResponse>();
  const Promotion& promotion = world.promotions[user.entitlement->promotion_id()];
  if (asked.now < promotion.start || asked.now >= promotion.end) {
    user.entitlement->set_status(v1::Entitlement::STATUS_LAPSED);
    *response.mutable_lapsed() = *user.entitlement;
    response.mutable_lapsed()->set_lapse_reason(seen.lapsed().lapse_reason());
    // That its amount is left out is reported, and not held against it here.
    response.mutable_lapsed()->set_amount_micros(seen.lapsed().amount_micros());
    response.mutable_lapsed()->set_currency(seen.lapsed().currency());
    return;
  }
  user.entitlement->set_status(v1::Entitlement::STATUS_GRANTED);
  Credit credit{.number = asked.position,
                .granted = user.entitlement->amount_micros(),
                .priority = promotion.policy.credit_priority(),
                .effective = asked.now,
                .reason = seen.credit().reason(),
                .granted_by = "promotion",
                .promotion = true};
  if (const int64_t seconds = promotion.policy.credit_lifetime_seconds(); seconds > 0) {
    credit.expire = asked.now + absl::Seconds(seconds);
  }
  const Wide before = Funds(account, "", asked.now);
  const size_t lot = AddCredit(world, account, credit);
  Notice(account, true, before, asked.now);
  *response.mutable_credit() = ShowCredit(account, lot, account.Add());
}

// The link's account is learned from the answer, or from the mail where the oracle was shown that.
Answer ConfirmBilling(World& world, const Asked& asked, const v1::ConfirmBillingRequest& request) {
  const auto& seen = asked.Seen<v1::ConfirmBillingResponse>();
  const auto known = world.account_of_token.find(request.token());
  if (asked.seen == nullptr) return NoOpinion();
  if (known != world.account_of_token.end() && known->second != seen.billing_account()) {
    return Refuse(v1::ERROR_REASON_LINK_INVALID);
  }
  Account* account = world.FindAccount(seen.billing_account());
  if (account == nullptr) return Refuse(v1::ERROR_REASON_LINK_INVALID);
  if (!seen.change_id().empty() || account->setup_is_foggy || account->confirmed) {
    // Another contact, or the answer given before.
    if (account->setup_is_foggy && !account->confirmed && seen.change_id().empty()) account->confirmed = true;
    return NoOpinion();
  }
  if (account->setup != v1::BillingSetup::STATUS_PENDING) return Refuse(v1::ERROR_REASON_LINK_INVALID);
  if (asked.now >= account->link_expire) return Refuse(v1::ERROR_REASON_LINK_EXPIRED);
  account->setup = v1::BillingSetup::STATUS_CONFIRMED;
  account->confirmed = true;
  v1::ConfirmBillingResponse response;
  response.set_billing_account(account->id);
  *response.mutable_confirm_time() = ToTimestamp(asked.now);
  response.set_terms_version(account->terms);
  response.set_pricing_version(account->pricing);
  if (User* user = world.FindUser(account->id)) {
    user->upgrade = v1::User::UPGRADE_BY_FORM;
    response.add_upgraded_user_ids(user->id);
    RedeemPromise(world, asked, *user, *account, response);
  } else {
    for (const auto& [member, access] : world.organizations[account->id].members) {
      if (access.bills && UpgradeByOrganization(world, member)) response.add_upgraded_user_ids(member);
    }
  }
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer DeclineBilling(World& world, const Asked& asked, const v1::DeclineBillingRequest&) {
  if (asked.seen == nullptr) return NoOpinion();
  const auto& seen = asked.Seen<v1::DeclineBillingResponse>();
  Account* account = world.FindAccount(seen.billing_account());
  if (account == nullptr) return Refuse(v1::ERROR_REASON_LINK_INVALID);
  if (account->setup != v1::BillingSetup::STATUS_PENDING || account->setup_is_foggy || !seen.change_id().empty()) {
    return NoOpinion();
  }
  if (asked.now >= account->link_expire) return Refuse(v1::ERROR_REASON_LINK_EXPIRED);
  account->setup = v1::BillingSetup::STATUS_DECLINED;
  v1::DeclineBillingResponse response;
  response.set_billing_account(account->id);
  *response.mutable_decline_time() = ToTimestamp(asked.now);
  response.set_position(asked.position);
  return Give(std::move(response));
}

// Not followed, but what it may change is no longer held against the answers.
template <class Request>
Answer Fog(World& world, const Asked& asked, const Request& request) {
  Account* account = world.FindAccount(world.Present(request.billing_account()));
  if (asked.seen != nullptr && account != nullptr) account->setup_is_foggy = true;
  return NoOpinion();
}

Answer RequestBillingChange(World& world, const Asked& asked, const v1::RequestBillingChangeRequest& request) {
  return Fog(world, asked, request);
}

Answer RequestAssistedSetup(World& world, const Asked& asked, const v1::RequestAssistedSetupRequest& request) {
  return Fog(world, asked, request);
}

Answer ListMessages(World& world, const Asked& asked, const v1::ListMessagesRequest&) {
  for (const auto& message : asked.Seen<v1::ListMessagesResponse>().messages()) {
    if (!message.link_token().empty()) world.account_of_token[message.link_token()] = message.billing_account();
  }
  return NoOpinion();
}

}  // namespace

void AddSetup(Handlers& handlers) {
  On<v1::SubmitAccountUpgradeRequest>(handlers, SubmitAccountUpgrade);
  On<v1::ResendVerificationRequest>(handlers, ResendVerification);
  On<v1::ConfirmBillingRequest>(handlers, ConfirmBilling);
  On<v1::DeclineBillingRequest>(handlers, DeclineBilling);
  On<v1::RequestBillingChangeRequest>(handlers, RequestBillingChange);
  On<v1::RequestAssistedSetupRequest>(handlers, RequestAssistedSetup);
  On<v1::ListMessagesRequest>(handlers, ListMessages);
}

}  // namespace bursar::oracle

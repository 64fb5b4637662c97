// bursar.v1.BillingService: the link and what it sets up, payments, and what an account has.
#include <algorithm>

#include "bursar/v1/billing.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/billing_parts.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// The mailed link ----------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseSubmitAccountUpgrade(const Call& call, const v1::SubmitAccountUpgradeRequest& request,
                                                  const LinkKey& links) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return SubmitAccountUpgrade{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                              .user = *user,
                              .contact = ParseContact(request.contact()),
                              .terms_version = request.terms_version(),
                              .pricing_version = request.pricing_version(),
                              .link = FreshLink(links)};
}

v1::SubmitAccountUpgradeResponse RenderSubmitAccountUpgrade(const Entry& entry) {
  v1::SubmitAccountUpgradeResponse response;
  const auto& submitted = EventOf(entry, Event::kAccountUpgradeSubmitted).account_upgrade_submitted();
  const auto& sent = EventOf(entry, Event::kVerificationSent).verification_sent();
  response.set_billing_account(submitted.billing_account());
  response.set_sent_to(submitted.contact().email());
  *response.mutable_sent_time() = ToTimestamp(entry.commit_time());
  *response.mutable_link_expire_time() = ToTimestamp(sent.expire_time());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseResendVerification(const v1::ResendVerificationRequest& request, const LinkKey& links) {
  return ResendVerification{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                            .link = FreshLink(links)};
}

v1::ResendVerificationResponse RenderResendVerification(const Entry& entry) {
  v1::ResendVerificationResponse response;
  const auto& sent = EventOf(entry, Event::kVerificationSent).verification_sent();
  response.set_billing_account(sent.billing_account());
  *response.mutable_sent_time() = ToTimestamp(entry.commit_time());
  *response.mutable_link_expire_time() = ToTimestamp(sent.expire_time());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<ConfirmBilling> ParseToken(const std::string& token) {
  const auto halves = ParseLinkToken(token);
  if (!halves.has_value()) return LinkInvalid();
  return ConfirmBilling{.selector = halves->selector, .secret_hash = halves->secret_hash};
}

absl::StatusOr<Command> ParseConfirmBilling(const Call&, const v1::ConfirmBillingRequest& request) {
  auto command = ParseToken(request.token());
  if (!command.ok()) return command.status();
  return *std::move(command);
}

v1::ConfirmBillingResponse RenderConfirmBilling(const Entry& entry) {
  v1::ConfirmBillingResponse response;
  const auto& confirmed = EventOf(entry, Event::kBillingConfirmed).billing_confirmed();
  response.set_billing_account(confirmed.billing_account());
  *response.mutable_confirm_time() = ToTimestamp(entry.commit_time());
  response.set_terms_version(confirmed.terms_version());
  response.set_pricing_version(confirmed.pricing_version());
  for (const Event& event : entry.events()) {
    if (event.has_user_upgraded()) response.add_upgraded_user_ids(event.user_upgraded().user_id());
  }
  if (const Event& event = EventOf(entry, Event::kCreditGranted); event.has_credit_granted()) {
    *response.mutable_credit() = ToCredit(event.credit_granted(), GrantedBy(event.credit_granted(), entry.principal()));
  }
  if (const Event& event = EventOf(entry, Event::kPromotionLapsed); event.has_promotion_lapsed()) {
    response.mutable_lapsed()->set_promotion_id(event.promotion_lapsed().promotion_id());
    response.mutable_lapsed()->set_status(v1::Entitlement::STATUS_LAPSED);
    response.mutable_lapsed()->set_lapse_reason(event.promotion_lapsed().reason());
  }
  response.set_change_id(BillingChangeId(confirmed.change()).text());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseDeclineBilling(const Call&, const v1::DeclineBillingRequest& request) {
  const auto link = ParseToken(request.token());
  if (!link.ok()) return link.status();
  return DeclineBilling{.selector = link->selector, .secret_hash = link->secret_hash, .reason = request.reason()};
}

v1::DeclineBillingResponse RenderDeclineBilling(const Entry& entry) {
  v1::DeclineBillingResponse response;
  const auto& declined = EventOf(entry, Event::kBillingDeclined).billing_declined();
  const auto& closed = EventOf(entry, Event::kBillingChangeClosed).billing_change_closed();
  response.set_billing_account(declined.billing_account());
  *response.mutable_decline_time() = ToTimestamp(entry.commit_time());
  response.set_change_id(BillingChangeId(closed.change()).text());
  response.set_position(entry.position());
  return response;
}

std::string UrlOf(const std::vector<TermsVersion>& versions, const std::string& version) {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const TermsVersion& one) { return one.version == version; });
  return found == versions.end() ? "" : found->url;
}

v1::GetVerificationResponse RenderVerification(const State& state, const BillingAccount& account) {
  v1::GetVerificationResponse response;
  const BillingSetup& setup = account.setup;
  const BillingChange* change = state.Find(setup.open_change);
  const bool asks_change = change != nullptr && change->contact.has_value();
  response.set_billing_account(account.id.text());
  *response.mutable_contact() = ToContact(asks_change ? *change->contact : setup.contact);
  if (asks_change) response.set_change_id(change->id.text());
  response.set_terms_version(setup.terms_version);
  response.set_terms_url(UrlOf(state.policy.terms, setup.terms_version));
  response.set_pricing_version(setup.pricing_version);
  response.set_pricing_url(UrlOf(state.policy.pricing, setup.pricing_version));
  *response.mutable_link_expire_time() = ToTimestamp(setup.expire_time);
  response.set_confirmed(setup.confirmed_at != 0);
  response.set_position(state.position);
  return response;
}

// Whatever ConfirmBilling would refuse is refused here in the same words.
absl::StatusOr<v1::GetVerificationResponse> GetVerification(const Call& call, const v1::GetVerificationRequest& request,
                                                            const Ledger& ledger) {
  const auto command = ParseToken(request.token());
  if (!command.ok()) return command.status();
  const auto would = ledger.Rehearse({.principal = call.principal, .command = *command});
  if (!would.ok()) return would.status();
  return FromState<v1::GetVerificationResponse>(
      ledger, [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetVerificationResponse> {
        const BillingAccount* account = FindByLink(state, command->selector, command->secret_hash);
        if (account == nullptr) return LinkInvalid();
        return RenderVerification(state, *account);
      });
}

// Payments -----------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParseRecordPayment(const Call&, const v1::RecordPaymentRequest& request) {
  return RecordPayment{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                       .amount = Money::Micros(request.amount_micros()),
                       .currency = request.currency(),
                       .reference = request.reference()};
}

v1::RecordPaymentResponse RenderRecordPayment(const Entry& entry) {
  v1::RecordPaymentResponse response;
  const auto& recorded = EventOf(entry, Event::kPaymentRecorded).payment_recorded();
  response.set_billing_account(recorded.billing_account());
  response.set_currency(recorded.currency());
  response.set_amount_micros(recorded.amount_micros());
  response.set_settled_micros(recorded.settled_micros());
  response.set_prepaid_micros(recorded.prepaid_micros());
  response.set_credit_id(CreditId(recorded.credit()).text());
  response.set_funds_micros(recorded.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

// Billing accounts ---------------------------------------------------------------------------------------------------

v1::BillingSetup::Status ToStatus(BillingSetup::Status status) {
  switch (status) {
    case BillingSetup::Status::kNone:
      return v1::BillingSetup::STATUS_NOT_SET_UP;
    case BillingSetup::Status::kPending:
      return v1::BillingSetup::STATUS_PENDING;
    case BillingSetup::Status::kConfirmed:
      return v1::BillingSetup::STATUS_CONFIRMED;
    case BillingSetup::Status::kDeclined:
      return v1::BillingSetup::STATUS_DECLINED;
  }
  return v1::BillingSetup::STATUS_UNSPECIFIED;
}

// The contact is a person: only for those who may set up billing, and for staff.
v1::BillingSetup ToSetup(const State& state, const BillingSetup& setup, bool shows_contact) {
  v1::BillingSetup shown;
  shown.set_status(ToStatus(setup.status));
  const AssistedSetup* assisted = state.Find(setup.open_setup);
  if (assisted != nullptr) *shown.mutable_assisted_setup() = ToAssistedSetup(*assisted, shows_contact);
  if (setup.status == BillingSetup::Status::kNone) return shown;
  const BillingChange* change = state.Find(setup.open_change);
  if (change != nullptr) *shown.mutable_pending_change() = ToBillingChange(*change, shows_contact);
  const bool asks_change = change != nullptr && change->contact.has_value();
  if (shows_contact) shown.set_sent_to(asks_change ? change->contact->email : setup.contact.email);
  const bool confirmed = setup.status == BillingSetup::Status::kConfirmed;
  if (shows_contact && confirmed) *shown.mutable_confirmed_contact() = ToContact(setup.confirmed_contact);
  shown.set_purchase_order(setup.purchase_order);
  *shown.mutable_sent_time() = ToTimestamp(setup.sent_time);
  *shown.mutable_link_expire_time() = ToTimestamp(setup.expire_time);
  shown.set_terms_version(setup.terms_version);
  shown.set_pricing_version(setup.pricing_version);
  return shown;
}

bool IsDefaultPayer(const State& state, const Principal& caller, const BillingAccountId& account) {
  const auto id = PersonBehind(state, caller);
  const User* user = id.has_value() ? state.Find(*id) : nullptr;
  return user != nullptr && user->default_payer == account;
}

absl::StatusOr<v1::GetBillingAccountResponse> GetBillingAccount(const Call& call,
                                                                const v1::GetBillingAccountRequest& request,
                                                                const State& state, absl::Time now) {
  auto id = AccountOrDefault(state, call, request.billing_account());
  if (!id.ok()) return id.status();
  id = state.Present(*id);
  if (auto status = MayReadAccount(state, call.principal, *id); !status.ok()) return status;
  const BillingAccount* account = state.Find(*id);
  if (account == nullptr) return BillingAccountNotFound(*id);

  v1::GetBillingAccountResponse response;
  auto& shown = *response.mutable_billing_account();
  const bool can_increase = CanIncrease(state, call.principal, *id);
  *shown.mutable_balance() = ToBalance(*id, account->currency, account->balance, state.position, now);
  *shown.mutable_setup() = ToSetup(state, account->setup, can_increase || IsStaff(call.principal));
  shown.set_is_default_payer(IsDefaultPayer(state, call.principal, *id));
  shown.set_can_increase(can_increase);
  shown.set_pending_increase_id(account->open_increase.text());
  shown.set_crossed_percent(account->crossed_percent);
  response.set_position(state.position);
  return response;
}

v1::BillingAccountSummary ToSummary(const BillingAccount& account, absl::Time now) {
  v1::BillingAccountSummary shown;
  const Balance& balance = account.balance;
  Money credits;
  for (const Credit& credit : balance.credits) credits += credit.available;
  shown.set_billing_account(account.id.text());
  shown.set_currency(account.currency);
  shown.set_funds_micros(balance.Funds(now).micros());
  shown.set_credits_micros(credits.micros());
  shown.set_limit_micros(balance.limit.micros());
  shown.set_outstanding_micros(balance.outstanding.micros());
  shown.set_held_micros(balance.Held().micros());
  shown.set_charged_micros(balance.Charged().micros());
  shown.set_setup_status(ToStatus(account.setup.status));
  return shown;
}

absl::StatusOr<v1::ListBillingAccountsResponse> ListBillingAccounts(const v1::ListBillingAccountsRequest& request,
                                                                    const State& state, absl::Time now) {
  const auto after = FromPageToken(request.page_token());
  if (!after.ok()) return after.status();
  std::vector<const BillingAccount*> accounts;
  for (const auto& [id, account] : state.accounts) {
    if (id.text() > *after) accounts.push_back(&account);
  }
  const size_t size = std::min(PageSize(request.page_size()), accounts.size());
  std::partial_sort(accounts.begin(), accounts.begin() + static_cast<std::ptrdiff_t>(size), accounts.end(),
                    [](const BillingAccount* a, const BillingAccount* b) { return a->id < b->id; });

  v1::ListBillingAccountsResponse response;
  for (size_t i = 0; i < size; ++i) *response.add_billing_accounts() = ToSummary(*accounts[i], now);
  if (size < accounts.size()) response.set_next_page_token(ToPageToken(accounts[size - 1]->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddBillingService(Methods& methods, Ledger& ledger, const LinkKey& links) {
  methods.Write<v1::SubmitAccountUpgradeRequest, v1::SubmitAccountUpgradeResponse>(
      [&links](const Call& call, const v1::SubmitAccountUpgradeRequest& request) {
        return ParseSubmitAccountUpgrade(call, request, links);
      },
      RenderSubmitAccountUpgrade);
  methods.Write<v1::ResendVerificationRequest, v1::ResendVerificationResponse>(
      [&links](const Call&, const v1::ResendVerificationRequest& request) {
        return ParseResendVerification(request, links);
      },
      RenderResendVerification);
  methods.Read<v1::GetVerificationRequest, v1::GetVerificationResponse>(
      [&ledger](const Call& call, const v1::GetVerificationRequest& request) {
        return GetVerification(call, request, ledger);
      });
  methods.Write<v1::ConfirmBillingRequest, v1::ConfirmBillingResponse>(ParseConfirmBilling, RenderConfirmBilling);
  methods.Write<v1::DeclineBillingRequest, v1::DeclineBillingResponse>(ParseDeclineBilling, RenderDeclineBilling);
  AddBillingChanges(methods, ledger, links);
  AddAssistedSetups(methods, ledger, links);
  AddPurchaseOrders(methods, ledger);
  methods.Write<v1::RecordPaymentRequest, v1::RecordPaymentResponse>(ParseRecordPayment, RenderRecordPayment);
  methods.Read<v1::GetBillingAccountRequest, v1::GetBillingAccountResponse>(
      [&ledger](const Call& call, const v1::GetBillingAccountRequest& request) {
        return FromState<v1::GetBillingAccountResponse>(
            ledger, [&](const State& state, absl::Time now) { return GetBillingAccount(call, request, state, now); });
      });
  methods.Read<v1::ListBillingAccountsRequest, v1::ListBillingAccountsResponse>(
      [&ledger](const Call&, const v1::ListBillingAccountsRequest& request) {
        return FromState<v1::ListBillingAccountsResponse>(
            ledger, [&](const State& state, absl::Time now) { return ListBillingAccounts(request, state, now); });
      });
}

}  // namespace bursar

#include "services/api/render.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar {

using storage::v1::Event;

const Event& EventOf(const storage::v1::Entry& entry, Event::KindCase kind) {
  for (const Event& event : entry.events()) {
    if (event.kind_case() == kind) return event;
  }
  return Event::default_instance();
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) { return ToTimestamp(absl::ToUnixMicros(time)); }

google::protobuf::Timestamp ToTimestamp(int64_t unix_micros) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  google::protobuf::Timestamp timestamp;
  const int64_t micros = ((unix_micros % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  timestamp.set_seconds((unix_micros - micros) / kMicrosPerSecond);
  timestamp.set_nanos(static_cast<int32_t>(micros * 1'000));
  return timestamp;
}

v1::ErrorReason ToReason(const std::string& name) {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  return v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", name), &reason) ? reason : v1::ERROR_REASON_UNSPECIFIED;
}

google::rpc::Status ToErrorMessage(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(status.raw_code());
  message.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto& detail = *message.add_details();
    detail.set_type_url(std::string(url));
    detail.set_value(std::string(payload));
  });
  return message;
}

v1::Part ToPart(const storage::v1::Part& part) {
  v1::Part shown;
  shown.set_credit_id(CreditId(part.credit()).text());
  shown.set_amount_micros(part.amount_micros());
  shown.set_credit_expired(part.credit_expired());
  shown.set_credit_revoked(part.credit_revoked());
  return shown;
}

int64_t SumOf(const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts) { return Sum(parts).micros(); }

v1::MemberAccess ToAccess(const MemberAccess& access) {
  v1::MemberAccess shown;
  shown.set_admin(access.admin);
  shown.set_allow_billable_activities(access.allow_billable_activities);
  return shown;
}

v1::MemberAccess ToAccess(const storage::v1::MemberAccess& access) {
  v1::MemberAccess shown;
  shown.set_admin(access.admin());
  shown.set_allow_billable_activities(access.allow_billable_activities());
  return shown;
}

v1::Decision ToDenial(const storage::v1::ActionDenied& denied, Position position) {
  v1::Decision decision;
  decision.set_position(denied.recorded_at() == 0 ? position : denied.recorded_at());
  decision.set_billing_account(denied.billing_account());
  decision.set_currency(denied.currency());
  decision.set_remedy(denied.remedy());
  *decision.mutable_lifters() = denied.lifters();
  decision.set_pending_increase_id(IncreaseId(denied.pending_increase()).text());
  for (const auto& binding : denied.bindings()) {
    auto& shown = *decision.add_bindings();
    shown.set_reason(ToReason(binding.reason()));
    shown.set_rule(binding.rule());
    shown.set_budget_id(BudgetId(binding.budget()).text());
    if (binding.reopen_time() != 0) *shown.mutable_reopen_time() = ToTimestamp(binding.reopen_time());
    if (denied.costs_hidden()) continue;
    shown.set_shortfall_micros(binding.shortfall_micros());
    shown.set_available_micros(binding.available_micros());
  }
  if (!denied.costs_hidden() && denied.sponsored_micros() != 0) {
    decision.set_sponsored_micros(denied.sponsored_micros());
    decision.set_sponsor_billing_account(denied.sponsor_billing_account());
  }
  if (denied.bindings().empty()) return decision;
  decision.set_reason(decision.bindings(0).reason());
  if (!denied.costs_hidden()) decision.set_funds_micros(denied.bindings(0).available_micros());
  return decision;
}

namespace {

// What a sponsor holds of what the entry sets aside.
template <class Shown>
void AddHeldShare(Shown& shown, const storage::v1::Entry& entry) {
  const Event& event = EventOf(entry, Event::kSponsorshipHeld);
  if (!event.has_sponsorship_held()) return;
  shown.set_sponsored_micros(SumOf(event.sponsorship_held().parts()));
  shown.set_sponsor_billing_account(event.sponsorship_held().billing_account());
}

template <class Setting>
v1::Decision ToAllowed(const Setting& event, const storage::v1::Entry& entry) {
  v1::Decision decision;
  decision.set_allowed(true);
  decision.set_position(entry.position());
  decision.set_billing_account(event.billing_account());
  decision.set_currency(event.currency());
  if (event.costs_hidden()) return decision;
  decision.set_funds_micros(event.funds_after_micros());
  AddHeldShare(decision, entry);
  return decision;
}

}  // namespace

v1::Decision ToDecision(const storage::v1::Entry& entry) {
  const Event& denied = EventOf(entry, Event::kActionDenied);
  if (denied.has_action_denied()) return ToDenial(denied.action_denied(), entry.position());
  const Event& placed = EventOf(entry, Event::kHoldPlaced);
  if (placed.has_hold_placed()) return ToAllowed(placed.hold_placed(), entry);
  const Event& extended = EventOf(entry, Event::kHoldExtended);
  if (extended.has_hold_extended()) return ToAllowed(extended.hold_extended(), entry);
  v1::Decision decision;
  decision.set_allowed(true);
  decision.set_position(entry.position());
  return decision;
}

v1::Hold ToPlacedHold(const storage::v1::Entry& entry) {
  const auto& placed = EventOf(entry, Event::kHoldPlaced).hold_placed();
  v1::Hold shown;
  shown.set_hold_id(HoldId(placed.hold()).text());
  shown.set_billing_account(placed.billing_account());
  shown.set_currency(placed.currency());
  shown.set_user_id(placed.user_id());
  shown.set_project_id(ProjectId(placed.project()).text());
  shown.set_action(placed.action());
  shown.set_held_micros(SumOf(placed.parts()));
  SetParts(*shown.mutable_parts(), placed.parts());
  *shown.mutable_expire_time() = ToTimestamp(placed.expire_time());
  shown.set_cost_limit_micros(placed.cost_limit_micros());
  for (const uint64_t budget : placed.budgets()) shown.add_budget_ids(BudgetId(budget).text());
  AddHeldShare(shown, entry);
  return shown;
}

v1::Hold ToHold(const Hold& hold, const std::string& currency) {
  v1::Hold shown;
  shown.set_hold_id(hold.id.text());
  shown.set_billing_account(hold.account.text());
  shown.set_currency(currency);
  shown.set_user_id(hold.user.text());
  shown.set_project_id(hold.project.text());
  shown.set_action(hold.action);
  shown.set_held_micros(hold.Held().micros());
  for (const auto& [credit, amount] : hold.parts) {
    auto& part = *shown.add_parts();
    part.set_credit_id(credit.text());
    part.set_amount_micros(amount.micros());
  }
  *shown.mutable_expire_time() = ToTimestamp(hold.expire_time);
  shown.set_cost_limit_micros(hold.cost_limit.micros());
  shown.set_captured_micros(hold.captured.micros());
  for (const BudgetId budget : hold.budgets) shown.add_budget_ids(budget.text());
  if (!hold.sponsored.parts.empty()) {
    shown.set_sponsored_micros(Sum(hold.sponsored.parts).micros());
    shown.set_sponsor_billing_account(hold.sponsored.account.text());
  }
  shown.set_terminating(hold.terminating);
  return shown;
}

v1::PricedUsage ToUsage(const storage::v1::MeteredQuantity& metered) {
  v1::PricedUsage shown;
  shown.set_sku(metered.sku());
  shown.set_region(metered.region());
  shown.set_quantity(metered.quantity());
  *shown.mutable_usage_time() = ToTimestamp(metered.usage_time());
  shown.set_price_micros(metered.price_micros());
  shown.set_per_quantity(metered.per_quantity());
  shown.set_price_list_position(metered.price_list());
  return shown;
}

namespace {

// What both kinds of charging event say.
template <class Charging>
v1::Charge ChargeOf(const Charging& event, const storage::v1::Entry& entry) {
  v1::Charge shown;
  shown.set_charge_id(ChargeId(entry.position()).text());
  shown.set_billing_account(event.billing_account());
  shown.set_currency(event.currency());
  shown.set_amount_micros(SumOf(event.drawn()));
  SetParts(*shown.mutable_parts(), event.drawn());
  shown.set_category(event.category());
  shown.set_user_id(event.user_id());
  shown.set_project_id(ProjectId(event.project()).text());
  if (event.has_metered()) *shown.mutable_usage() = ToUsage(event.metered());
  *shown.mutable_charge_time() = ToTimestamp(entry.commit_time());
  shown.set_overshoot_micros(event.overshoot_micros());
  return shown;
}

void AddSponsor(v1::Charge& shown, const storage::v1::Entry& entry) {
  const Event& event = EventOf(entry, Event::kSponsorshipCharged);
  if (!event.has_sponsorship_charged()) return;
  const auto& charged = event.sponsorship_charged();
  shown.set_sponsored_micros(SumOf(charged.drawn()));
  shown.set_sponsor_billing_account(charged.billing_account());
}

}  // namespace

v1::Charge ToCharge(const storage::v1::Entry& entry) {
  if (const Event& event = EventOf(entry, Event::kUsageCharged); event.has_usage_charged()) {
    v1::Charge shown = ChargeOf(event.usage_charged(), entry);
    shown.set_action(event.usage_charged().action());
    shown.set_hold_id(HoldId(event.usage_charged().late_hold()).text());
    AddSponsor(shown, entry);
    return shown;
  }
  const auto& captured = EventOf(entry, Event::kHoldCaptured).hold_captured();
  v1::Charge shown = ChargeOf(captured, entry);
  shown.set_amount_micros(shown.amount_micros() + SumOf(captured.beyond()));
  SetParts(*shown.mutable_parts(), captured.beyond());
  shown.set_action(captured.action());
  shown.set_hold_id(HoldId(captured.hold()).text());
  AddSponsor(shown, entry);
  return shown;
}

v1::Credit ToCredit(const storage::v1::CreditGranted& granted, const std::string& granted_by) {
  v1::Credit shown;
  shown.set_credit_id(CreditId(granted.credit()).text());
  shown.set_billing_account(granted.billing_account());
  shown.set_currency(granted.currency());
  shown.set_granted_micros(granted.amount_micros());
  shown.set_available_micros(granted.amount_micros());
  shown.set_priority(granted.priority());
  *shown.mutable_effective_time() = ToTimestamp(granted.effective_time());
  if (granted.expire_time() != 0) *shown.mutable_expire_time() = ToTimestamp(granted.expire_time());
  *shown.mutable_actions() = granted.actions();
  shown.set_reason(granted.reason());
  shown.set_granted_by(granted_by);
  return shown;
}

v1::Credit ToCredit(const Credit& credit, const BillingAccountId& account, const std::string& currency) {
  v1::Credit shown;
  shown.set_credit_id(credit.id.text());
  shown.set_billing_account(account.text());
  shown.set_currency(currency);
  shown.set_granted_micros(credit.granted.micros());
  shown.set_available_micros(credit.available.micros());
  shown.set_held_micros(credit.held.micros());
  shown.set_charged_micros(credit.charged.micros());
  shown.set_expired_micros(credit.expired.micros());
  shown.set_revoked_micros(credit.revoked.micros());
  shown.set_moved_micros(credit.moved.micros());
  shown.set_priority(credit.priority);
  if (credit.effective_time != absl::InfinitePast()) {
    *shown.mutable_effective_time() = ToTimestamp(credit.effective_time);
  }
  if (credit.expire_time != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(credit.expire_time);
  shown.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
  shown.set_reason(credit.reason);
  shown.set_granted_by(credit.granted_by);
  return shown;
}

v1::Balance ToBalance(const BillingAccountId& account, const std::string& currency, const Balance& balance,
                      Position position, absl::Time time) {
  v1::Balance shown;
  shown.set_billing_account(account.text());
  shown.set_currency(currency);
  const Money funds = balance.Funds(time);
  shown.set_funds_micros(funds.micros());
  shown.set_overshoot_micros(std::max(Money(), Money() - funds).micros());
  for (const Credit& credit : balance.credits) *shown.add_credits() = ToCredit(credit, account, currency);
  shown.set_limit_micros(balance.limit.micros());
  shown.set_outstanding_micros(balance.outstanding.micros());
  shown.set_held_micros(balance.Held().micros());
  shown.set_charged_micros(balance.Charged().micros());
  for (const auto& [category, charged] : balance.charged_by_category) {
    auto& total = *shown.add_categories();
    total.set_category(category);
    total.set_charged_micros(charged.micros());
  }
  shown.set_position(position);
  *shown.mutable_as_of_time() = ToTimestamp(time);
  return shown;
}

namespace {

v1::LimitIncrease::Status ToStatus(LimitIncrease::Status status) {
  switch (status) {
    case LimitIncrease::Status::kPending:
      return v1::LimitIncrease::STATUS_PENDING;
    case LimitIncrease::Status::kApproved:
      return v1::LimitIncrease::STATUS_APPROVED;
    case LimitIncrease::Status::kDenied:
      return v1::LimitIncrease::STATUS_DENIED;
    case LimitIncrease::Status::kSuperseded:
      return v1::LimitIncrease::STATUS_SUPERSEDED;
    case LimitIncrease::Status::kWithdrawn:
      return v1::LimitIncrease::STATUS_WITHDRAWN;
    case LimitIncrease::Status::kExpired:
      return v1::LimitIncrease::STATUS_EXPIRED;
  }
  BURSAR_CHECK(!"an unknown status");
}

}  // namespace

v1::LimitIncrease ToIncrease(const LimitIncrease& increase, const std::string& currency) {
  v1::LimitIncrease shown;
  shown.set_increase_id(increase.id.text());
  shown.set_billing_account(increase.account.text());
  shown.set_user_id(increase.requester.text());
  shown.set_currency(currency);
  shown.set_requested_limit_micros(increase.requested_limit.micros());
  shown.set_limit_at_request_micros(increase.limit_at_request.micros());
  shown.set_approved_limit_micros(increase.approved_limit.micros());
  shown.set_purchase_order(increase.purchase_order);
  shown.set_reason(increase.reason);
  shown.set_status(ToStatus(increase.status));
  *shown.mutable_request_time() = ToTimestamp(increase.request_time);
  const bool shows_decision =
      increase.status != LimitIncrease::Status::kPending && increase.status != LimitIncrease::Status::kSuperseded;
  if (shows_decision) *shown.mutable_decision_time() = ToTimestamp(increase.decision_time);
  shown.set_decided_by(increase.decided_by);
  shown.set_decision_note(increase.decision_note);
  if (increase.expire_time != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(increase.expire_time);
  if (increase.end_time != absl::InfiniteFuture()) *shown.mutable_end_time() = ToTimestamp(increase.end_time);
  return shown;
}

v1::LimitIncrease ToIncrease(const storage::v1::LimitIncreaseRequested& requested, int64_t commit_time) {
  v1::LimitIncrease shown;
  shown.set_increase_id(IncreaseId(requested.increase()).text());
  shown.set_billing_account(requested.billing_account());
  shown.set_user_id(requested.user_id());
  shown.set_currency(requested.currency());
  shown.set_requested_limit_micros(requested.requested_limit_micros());
  shown.set_limit_at_request_micros(requested.current_limit_micros());
  shown.set_purchase_order(requested.purchase_order());
  shown.set_reason(requested.reason());
  shown.set_status(v1::LimitIncrease::STATUS_PENDING);
  *shown.mutable_request_time() = ToTimestamp(commit_time);
  if (requested.expire_time() != 0) *shown.mutable_expire_time() = ToTimestamp(requested.expire_time());
  return shown;
}

}  // namespace bursar

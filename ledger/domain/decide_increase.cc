// Asking for a higher limit, and deciding on it. One request per account is open at a time.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using Status = LimitIncrease::Status;

const char* NameOf(Status status) {
  switch (status) {
    case Status::kPending:
      return "pending";
    case Status::kApproved:
      return "approved";
    case Status::kDenied:
      return "denied";
    case Status::kSuperseded:
      return "superseded";
    case Status::kWithdrawn:
      return "withdrawn";
    case Status::kExpired:
      return "expired";
  }
  BURSAR_CHECK(!"an unknown status");
}

Money SpentLately(const BillingAccount& account, absl::Time now) {
  constexpr int64_t kDays = 30;
  const int64_t today = absl::ToUnixSeconds(now) / (24 * 60 * 60);
  Money spent;
  for (const auto& [day, charged] : account.charged_by_day) {
    if (day > today - kDays) spent += charged;
  }
  return spent;
}

// The request, where it is open and the caller may decide it.
absl::StatusOr<const LimitIncrease*> FindPending(IncreaseId id, const Context& context) {
  const LimitIncrease* increase = context.state.Find(id);
  if (increase == nullptr) return IncreaseNotFound(id);
  if (context.principal.SamePersonAs(increase->requester)) return OwnRequest(id);
  if (increase->status != Status::kPending) return IncreaseNotPending(id, NameOf(increase->status));
  return increase;
}

}  // namespace

absl::StatusOr<Decision> DecideIncrease(const RequestLimitIncrease& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  BURSAR_CHECK(account != nullptr);
  if (!command.currency.empty() && command.currency != account->currency)
    return CurrencyMismatch(command.currency, account->currency);
  if (account->setup.status != BillingSetup::Status::kConfirmed) return BillingNotSetUp(account->id);
  if (command.requested_limit <= account->balance.limit) {
    return NotAnIncrease(command.requested_limit, account->balance.limit, account->currency);
  }
  Decision decision;
  if (!account->open_increase.empty()) {
    auto& superseded = *decision.events.emplace_back().mutable_limit_increase_superseded();
    superseded.set_increase(account->open_increase.number());
    superseded.set_billing_account(account->id.text());
    superseded.set_superseded_by(context.position());
  }
  auto& requested = *decision.events.emplace_back().mutable_limit_increase_requested();
  requested.set_increase(context.position());
  requested.set_billing_account(account->id.text());
  requested.set_user_id(command.user.text());
  requested.set_requested_limit_micros(command.requested_limit.micros());
  requested.set_current_limit_micros(account->balance.limit.micros());
  requested.set_currency(account->currency);
  requested.set_purchase_order(command.purchase_order);
  requested.set_reason(command.reason);
  requested.set_spent_30_days_micros(SpentLately(*account, context.now).micros());
  return decision;
}

absl::StatusOr<Decision> DecideIncrease(const ApproveLimitIncrease& command, const Context& context) {
  const auto increase = FindPending(command.increase, context);
  if (!increase.ok()) return increase.status();
  const BillingAccount* account = context.state.Find((*increase)->account);
  BURSAR_CHECK(account != nullptr);
  const Money limit = command.limit.value_or((*increase)->requested_limit);
  if (limit > (*increase)->requested_limit)
    return MoreThanRequested(limit, (*increase)->requested_limit, account->currency);
  if (limit <= account->balance.limit) return NotAnIncrease(limit, account->balance.limit, account->currency);
  Event event;
  auto& approved = *event.mutable_limit_increase_approved();
  approved.set_increase(command.increase.number());
  approved.set_billing_account(account->id.text());
  approved.set_approved_limit_micros(limit.micros());
  approved.set_approver(context.principal.text());
  approved.set_note(command.note);
  Decision decision = LimitSet(*account, limit, (*increase)->reason, command.increase, context);
  decision.events.insert(decision.events.begin(), event);
  return decision;
}

absl::StatusOr<Decision> DecideIncrease(const DenyLimitIncrease& command, const Context& context) {
  const auto increase = FindPending(command.increase, context);
  if (!increase.ok()) return increase.status();
  Event event;
  auto& denied = *event.mutable_limit_increase_denied();
  denied.set_increase(command.increase.number());
  denied.set_billing_account((*increase)->account.text());
  denied.set_approver(context.principal.text());
  denied.set_reason(command.reason);
  return Happened(event);
}

}  // namespace bursar

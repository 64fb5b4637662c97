// Asking for a higher limit, deciding on it, and its end where it was agreed to until a date. One request per account
// is open at a time.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using Status = LimitIncrease::Status;

// So long a request waits for a decision.
constexpr absl::Duration kRequestLifetime = absl::Hours(24 * 30);

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

// The same human being, in whichever role, and also where one of its users was merged into another.
bool IsPerson(const Principal& principal, const UserId& user, const State& state) {
  return principal.SamePersonAs(user) || state.Present(UserId::OfHandle(principal.name)) == state.Present(user);
}

// Whether the principal could have asked for it: nobody decides about their own money.
bool AnswersFor(const Principal& principal, const LimitIncrease& increase, const State& state) {
  if (IsPerson(principal, increase.requester, state)) return true;
  if (const auto owner = increase.account.user()) return IsPerson(principal, *owner, state);
  const Organization* organization = state.Find(*increase.account.organization());
  BURSAR_CHECK(organization != nullptr);
  const std::vector<UserId> admins = organization->Admins();
  return std::any_of(admins.begin(), admins.end(),
                     [&](const UserId& admin) { return IsPerson(principal, admin, state); });
}

// The request, where it is open and the caller may decide it.
absl::StatusOr<const LimitIncrease*> FindPending(IncreaseId id, const Context& context) {
  const LimitIncrease* increase = context.state.Find(id);
  if (increase == nullptr) return IncreaseNotFound(id);
  if (AnswersFor(context.principal, *increase, context.state)) return OwnRequest(id);
  if (increase->status != Status::kPending) return IncreaseNotPending(id, NameOf(increase->status));
  return increase;
}

// Orders that this request may rest on: those of the number it names, or all that wait where it names none.
std::vector<const PurchaseOrder*> OrdersFor(const RequestLimitIncrease& command, const State& state) {
  std::vector<const PurchaseOrder*> orders = WaitingOrders(command.billing_account, state);
  if (command.purchase_order.empty()) return orders;
  const auto other = [&](const PurchaseOrder* order) { return order->number != command.purchase_order; };
  orders.erase(std::remove_if(orders.begin(), orders.end(), other), orders.end());
  return orders;
}

// As the request says; else the newest order, else the one on the account's bills.
std::string OrderNumber(const RequestLimitIncrease& command, const std::vector<const PurchaseOrder*>& orders,
                        const BillingAccount& account) {
  if (!command.purchase_order.empty()) return command.purchase_order;
  return orders.empty() ? account.setup.purchase_order : orders.back()->number;
}

// What the limit falls back to. What was itself agreed to until a date does not become permanent by that.
Money LimitAfterwards(const BillingAccount& account, const State& state) {
  if (account.ending_increase.empty()) return account.balance.limit;
  return state.Find(account.ending_increase)->limit_afterwards;
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
  const std::vector<const PurchaseOrder*> orders = OrdersFor(command, context.state);
  auto& requested = *decision.events.emplace_back().mutable_limit_increase_requested();
  requested.set_increase(context.position());
  requested.set_billing_account(account->id.text());
  requested.set_user_id(command.user.text());
  requested.set_requested_limit_micros(command.requested_limit.micros());
  requested.set_current_limit_micros(account->balance.limit.micros());
  requested.set_currency(account->currency);
  requested.set_purchase_order(OrderNumber(command, orders, *account));
  requested.set_reason(command.reason);
  requested.set_spent_30_days_micros(account->SpentLately(context.now).micros());
  requested.set_expire_time(absl::ToUnixMicros(context.now + kRequestLifetime));
  for (const PurchaseOrder* order : orders) {
    decision.events.push_back(OrderAttached(*order, account->id, IncreaseId(context.position())));
  }
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
  if (command.end_time.has_value() && *command.end_time <= context.now) {
    return InvalidField("end_time", "is not in the future; leave it out for an increase that stays");
  }
  Event event;
  auto& approved = *event.mutable_limit_increase_approved();
  approved.set_increase(command.increase.number());
  approved.set_billing_account(account->id.text());
  approved.set_approved_limit_micros(limit.micros());
  approved.set_approver(context.principal.text());
  approved.set_note(command.note);
  approved.set_end_time(MicrosOrNever(command.end_time));
  approved.set_previous_limit_micros(LimitAfterwards(*account, context.state).micros());
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

absl::StatusOr<Decision> DecideIncrease(const WithdrawLimitIncrease& command, const Context& context) {
  const LimitIncrease* increase = context.state.Find(command.increase);
  BURSAR_CHECK(increase != nullptr);
  if (increase->status != Status::kPending) return IncreaseNotPending(command.increase, NameOf(increase->status));
  Event event;
  event.mutable_limit_increase_withdrawn()->set_increase(command.increase.number());
  event.mutable_limit_increase_withdrawn()->set_billing_account(increase->account.text());
  return Happened(event);
}

void ExpireIncrease(Events& events, const LimitIncrease& increase) {
  auto& expired = *events.emplace_back().mutable_limit_increase_expired();
  expired.set_increase(increase.id.number());
  expired.set_billing_account(increase.account.text());
}

void EndIncrease(Events& events, const LimitIncrease& increase, const BillingAccount& account, const Context& context) {
  auto& ended = *events.emplace_back().mutable_limit_increase_ended();
  ended.set_increase(increase.id.number());
  ended.set_billing_account(account.id.text());
  Decision fallen = LimitSet(account, increase.limit_afterwards, absl::StrCat(increase.id.text(), " has ended"),
                             IncreaseId(), context);
  for (Event& event : fallen.events) events.push_back(std::move(event));
}

}  // namespace bursar

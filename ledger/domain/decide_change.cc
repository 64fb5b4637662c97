// Other billing information beside what is confirmed, which stays until the change is applied: another contact has to
// confirm it by a link; another purchase order is applied by an operator. One change per account is open at a time.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {

using storage::v1::Event;

const BillingChange* ContactChangeOf(const BillingAccount& account, const State& state) {
  const BillingChange* change = state.Find(account.setup.open_change);
  return change != nullptr && change->contact.has_value() ? change : nullptr;
}

Event ChangeClosed(const BillingChange& change, const std::string& reason) {
  Event event;
  event.mutable_billing_change_closed()->set_change(change.id.number());
  event.mutable_billing_change_closed()->set_billing_account(change.account.text());
  event.mutable_billing_change_closed()->set_reason(reason);
  return event;
}

absl::StatusOr<Decision> DecideChange(const RequestBillingChange& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  BURSAR_CHECK(account != nullptr);
  BURSAR_CHECK(command.contact.has_value() == command.purchase_order.empty());
  if (account->setup.status != BillingSetup::Status::kConfirmed) return BillingNotSetUp(account->id);
  Decision decision;
  if (const BillingChange* open = context.state.Find(account->setup.open_change)) {
    decision.events.push_back(ChangeClosed(*open, "a newer request took its place"));
  }
  auto& requested = *decision.events.emplace_back().mutable_billing_change_requested();
  requested.set_change(context.position());
  requested.set_billing_account(account->id.text());
  requested.set_user_id(command.user.text());
  requested.set_purchase_order(command.purchase_order);
  if (!command.contact.has_value()) return decision;
  *requested.mutable_contact() = ToStorage(*command.contact);
  decision.events.push_back(LinkSent(account->id, command.link, context.now, context.now + kLinkLifetime));
  return decision;
}

absl::StatusOr<Decision> DecideChange(const ApplyBillingChange& command, const Context& context) {
  const BillingChange* change = context.state.Find(command.change);
  if (change == nullptr || change->contact.has_value()) return NoOpenChange(command.change);
  Event event;
  auto& applied = *event.mutable_billing_change_applied();
  applied.set_change(change->id.number());
  applied.set_billing_account(change->account.text());
  applied.set_purchase_order(change->purchase_order);
  return Happened(event);
}

}  // namespace bursar

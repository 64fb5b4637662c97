// Purchase orders: what a buyer ordered, told by the buyer's platform under an id of its own. An order goes to the
// account of that name, and to its open request for a higher limit; until there is one it waits.
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {

using storage::v1::Event;

Event OrderAttached(const PurchaseOrder& order, const BillingAccountId& account, IncreaseId increase) {
  Event event;
  auto& attached = *event.mutable_purchase_order_attached();
  attached.set_purchase_order(order.id.number());
  attached.set_billing_account(account.text());
  attached.set_increase(increase.number());
  attached.set_number(order.number);
  return event;
}

std::vector<const PurchaseOrder*> WaitingOrders(const BillingAccountId& account, const State& state) {
  std::vector<const PurchaseOrder*> orders;
  const auto first = state.waiting_orders.lower_bound({account.text(), PurchaseOrderId()});
  for (auto it = first; it != state.waiting_orders.end() && it->first == account.text(); ++it) {
    orders.push_back(&state.purchase_orders.at(it->second));
  }
  return orders;
}

absl::StatusOr<Decision> DecideOrder(const RecordPurchaseOrder& command, const Context& context) {
  const State& state = context.state;
  if (state.order_of_number.contains({command.platform_id, command.number})) {
    return PurchaseOrderRecorded(command.platform_id, command.number);
  }
  Event event;
  auto& recorded = *event.mutable_purchase_order_recorded();
  recorded.set_purchase_order(context.position());
  recorded.set_number(command.number);
  recorded.set_platform_id(command.platform_id);
  recorded.set_value_micros(command.value.micros());
  recorded.set_currency(command.currency);
  recorded.set_document(command.document);
  Decision decision = Happened(event);
  const auto id = BillingAccountId::Parse(command.platform_id);
  const BillingAccount* account = id.has_value() ? state.Find(state.Present(*id)) : nullptr;
  if (account != nullptr) {
    const PurchaseOrder order{.id = PurchaseOrderId(context.position()), .number = command.number};
    decision.events.push_back(OrderAttached(order, account->id, account->open_increase));
  }
  return decision;
}

}  // namespace bursar

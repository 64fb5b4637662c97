// bursar.v1.BillingService: what buyers' platforms tell of purchase orders.
#include <algorithm>

#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/billing_parts.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseRecordPurchaseOrder(const Call&, const v1::RecordPurchaseOrderRequest& request) {
  return RecordPurchaseOrder{.number = request.number(),
                             .platform_id = request.platform_id(),
                             .value = Money::Micros(request.value_micros()),
                             .currency = request.currency(),
                             .document = request.document_url()};
}

v1::RecordPurchaseOrderResponse RenderRecordPurchaseOrder(const Entry& entry) {
  v1::RecordPurchaseOrderResponse response;
  const auto& recorded = EventOf(entry, Event::kPurchaseOrderRecorded).purchase_order_recorded();
  const auto& attached = EventOf(entry, Event::kPurchaseOrderAttached).purchase_order_attached();
  auto& order = *response.mutable_purchase_order();
  order.set_purchase_order_id(PurchaseOrderId(recorded.purchase_order()).text());
  order.set_number(recorded.number());
  order.set_platform_id(recorded.platform_id());
  order.set_value_micros(recorded.value_micros());
  order.set_currency(recorded.currency());
  order.set_document_url(recorded.document());
  order.set_billing_account(attached.billing_account());
  order.set_increase_id(IncreaseId(attached.increase()).text());
  *order.mutable_record_time() = ToTimestamp(entry.commit_time());
  response.set_position(entry.position());
  return response;
}

v1::PurchaseOrder ToOrder(const PurchaseOrder& order) {
  v1::PurchaseOrder shown;
  shown.set_purchase_order_id(order.id.text());
  shown.set_number(order.number);
  shown.set_platform_id(order.platform_id);
  shown.set_value_micros(order.value.micros());
  shown.set_currency(order.currency);
  shown.set_document_url(order.document);
  shown.set_billing_account(order.account.text());
  shown.set_increase_id(order.increase.text());
  *shown.mutable_record_time() = ToTimestamp(order.record_time);
  return shown;
}

// What the request asks to see: one account's, or all.
absl::Status MayList(const State& state, const Call& call, const BillingAccountId& account) {
  if (account.empty())
    return IsStaff(call.principal) ? absl::OkStatus() : PermissionDenied("list the purchase orders of all accounts");
  if (auto status = MayReadAccount(state, call.principal, account); !status.ok()) return status;
  return state.Find(account) == nullptr ? BillingAccountNotFound(account) : absl::OkStatus();
}

absl::StatusOr<v1::ListPurchaseOrdersResponse> ListPurchaseOrders(const Call& call,
                                                                  const v1::ListPurchaseOrdersRequest& request,
                                                                  const State& state) {
  const auto account = IdOf<BillingAccountId>(request.billing_account());
  if (auto status = MayList(state, call, account); !status.ok()) return status;
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto before = PurchaseOrderId::Parse(*token);
  if (!before.has_value() && !token->empty()) return BadPageToken();
  const auto is_asked = [&](const PurchaseOrder& order) {
    return (account.empty() || order.account == account) && (!request.unmatched() || order.account.empty());
  };

  v1::ListPurchaseOrdersResponse response;
  const auto& orders = state.purchase_orders;
  const size_t size = PageSize(request.page_size());
  auto end = before.has_value() ? orders.lower_bound(*before) : orders.end();
  while (end != orders.begin()) {
    const PurchaseOrder& order = (--end)->second;
    if (!is_asked(order)) continue;
    const auto found = static_cast<size_t>(response.purchase_orders_size());
    if (found == size) {
      response.set_next_page_token(ToPageToken(response.purchase_orders().rbegin()->purchase_order_id()));
      break;
    }
    *response.add_purchase_orders() = ToOrder(order);
  }
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddPurchaseOrders(Methods& methods, Ledger& ledger) {
  methods.Write<v1::RecordPurchaseOrderRequest, v1::RecordPurchaseOrderResponse>(ParseRecordPurchaseOrder,
                                                                                 RenderRecordPurchaseOrder);
  methods.Read<v1::ListPurchaseOrdersRequest, v1::ListPurchaseOrdersResponse>(
      [&ledger](const Call& call, const v1::ListPurchaseOrdersRequest& request) {
        return FromState<v1::ListPurchaseOrdersResponse>(
            ledger, [&](const State& state, absl::Time) { return ListPurchaseOrders(call, request, state); });
      });
}

}  // namespace bursar

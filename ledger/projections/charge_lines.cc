#include "ledger/projections/charge_lines.h"

#include <utility>

#include "ledger/domain/balance.h"

namespace bursar {
namespace {

using storage::v1::ChargeRow;
using storage::v1::Event;

// What all events that charge have in common.
template <class Charging>
ChargeRow RowOf(const Charging& event, int64_t commit_time) {
  ChargeRow row;
  row.set_currency(event.currency());
  row.set_user_id(event.user_id());
  row.set_project(event.project());
  row.set_category(event.category());
  *row.mutable_drawn() = event.drawn();
  if (event.has_metered()) *row.mutable_metered() = event.metered();
  row.set_amount_micros(Sum(event.drawn()).micros());
  row.set_commit_time(commit_time);
  row.set_origin_time(event.has_metered() ? event.metered().usage_time() : commit_time);
  return row;
}

ChargeRow RowOfCapture(const storage::v1::HoldCaptured& event, int64_t commit_time) {
  ChargeRow row = RowOf(event, commit_time);
  row.set_hold(event.hold());
  row.set_action(event.action());
  return row;
}

}  // namespace

std::vector<ChargeLine> ChargeLinesOf(const storage::v1::Entry& entry) {
  std::vector<ChargeLine> lines;
  const auto add = [&lines](const std::string& account, ChargeRow row) {
    if (row.amount_micros() != 0) lines.push_back({BillingAccountId::Trusted(account), std::move(row)});
  };
  for (const Event& event : entry.events()) {
    if (event.has_hold_captured()) {
      add(event.hold_captured().billing_account(), RowOfCapture(event.hold_captured(), entry.commit_time()));
    }
    if (event.has_usage_charged()) {
      add(event.usage_charged().billing_account(), RowOf(event.usage_charged(), entry.commit_time()));
    }
  }
  return lines;
}

const std::string& SkuOf(const ChargeRow& row) { return row.has_metered() ? row.metered().sku() : row.action(); }

}  // namespace bursar

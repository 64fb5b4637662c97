#include "ledger/projections/charge_lines.h"

#include <algorithm>
#include <utility>

#include "ledger/domain/balance.h"

namespace bursar {
namespace {

using storage::v1::ChargeRow;
using storage::v1::Entry;
using storage::v1::Event;

class Lines {
 public:
  Lines(const Entry& entry, const FindCharge& find) : entry_(entry), find_(find) {}

  std::vector<ChargeLine> All() {
    for (const Event& event : entry_.events()) Take(event);
    return std::move(lines_);
  }

 private:
  void Take(const Event& event) {
    if (event.has_hold_captured()) Charge(event.hold_captured());
    if (event.has_usage_charged()) Charge(event.usage_charged());
    if (event.has_sponsorship_charged()) Sponsor(event.sponsorship_charged());
    if (event.has_charge_reversed()) Reverse(event.charge_reversed());
    if (event.has_sponsorship_reversed()) Reverse(event.sponsorship_reversed());
  }

  void Charge(const storage::v1::HoldCaptured& event) {
    ChargeRow row = WhatWasUsed(event);
    row.set_hold(event.hold());
    Draw(row, event.drawn());
    Draw(row, event.beyond());
    Add(event.billing_account(), std::move(row));
  }

  void Charge(const storage::v1::UsageCharged& event) {
    ChargeRow row = WhatWasUsed(event);
    row.set_hold(event.late_hold());
    Draw(row, event.drawn());
    Add(event.billing_account(), std::move(row));
  }

  // A part of what the same entry charges the payer.
  void Sponsor(const storage::v1::SponsorshipCharged& event) {
    ChargeRow row;
    for (const Event& beside : entry_.events()) {
      if (beside.has_hold_captured()) row = WhatWasUsed(beside.hold_captured());
      if (beside.has_usage_charged()) row = WhatWasUsed(beside.usage_charged());
    }
    SetWhose(row, event);
    row.set_hold(event.hold());
    if (row.origin_time() == 0) row.set_origin_time(entry_.commit_time());
    Draw(row, event.drawn());
    Add(event.billing_account(), std::move(row));
  }

  template <class Reversing>
  void Reverse(const Reversing& event) {
    const auto account = BillingAccountId::Trusted(event.billing_account());
    const std::optional<ChargeRow> charge = find_(account, event.charge());
    if (!charge.has_value()) return;
    ChargeRow row = *charge;
    row.set_origin_time(std::min(charge->origin_time(), charge->commit_time()));
    row.set_reversed(event.charge());
    row.clear_drawn();
    row.set_amount_micros(0);
    Draw(row, event.returned());
    row.set_amount_micros(-row.amount_micros());
    Add(event.billing_account(), std::move(row));
  }

  template <class Charging>
  static void SetWhose(ChargeRow& row, const Charging& event) {
    row.set_currency(event.currency());
    row.set_user_id(event.user_id());
    row.set_project(event.project());
    row.set_category(event.category());
  }

  template <class Charging>
  ChargeRow WhatWasUsed(const Charging& event) const {
    ChargeRow row;
    SetWhose(row, event);
    row.set_action(event.action());
    row.set_sku(event.has_metered() ? event.metered().sku() : event.action());
    row.set_origin_time(event.has_metered() ? event.metered().usage_time() : entry_.commit_time());
    if (event.has_metered()) *row.mutable_metered() = event.metered();
    return row;
  }

  static void Draw(ChargeRow& row, const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts) {
    row.mutable_drawn()->MergeFrom(parts);
    row.set_amount_micros(row.amount_micros() + Sum(parts).micros());
  }

  void Add(const std::string& account, ChargeRow row) {
    if (row.amount_micros() == 0) return;
    row.set_commit_time(entry_.commit_time());
    lines_.push_back({BillingAccountId::Trusted(account), std::move(row)});
  }

  const Entry& entry_;
  const FindCharge& find_;
  std::vector<ChargeLine> lines_;
};

}  // namespace

std::vector<ChargeLine> ChargeLinesOf(const Entry& entry, const FindCharge& find) { return Lines(entry, find).All(); }

}  // namespace bursar

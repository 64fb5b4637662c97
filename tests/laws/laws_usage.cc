// The laws of what is undone, set aside and paid for by others.
#include <algorithm>

#include "ledger/domain/refusals.h"
#include "tests/laws/laws.h"
#include "tests/laws/words.h"

namespace bursar::laws {

using storage::v1::Event;

void Laws::CheckUndoing(const Event& event, Step& step) {
  switch (event.kind_case()) {
    case Event::kCreditRevoked:
      return On(event.credit_revoked(), step);
    case Event::kSponsorshipCharged:
      return On(event.sponsorship_charged(), step);
    case Event::kSponsorshipReversed:
      return On(event.sponsorship_reversed(), step);
    case Event::kChargeReversed:
      return On(event.charge_reversed(), step);
    case Event::kUsageQuarantined:
      return On(event.usage_quarantined(), step);
    case Event::kQuarantineReleased:
      return On(event.quarantine_released(), step);
    case Event::kQuarantineDiscarded:
      return On(event.quarantine_discarded(), step);
    default:
      return Law(false, "an event of another topic");
  }
}

bool Laws::CannotBeRight(const Metered& asked, const ModelAccount& account, int64_t now) const {
  const int64_t time = asked.usage_time.has_value() ? absl::ToUnixMicros(*asked.usage_time) : now;
  const auto* price = model_.Price(account.currency, asked.sku, asked.region, time);
  if (price == nullptr) return false;
  if (asked.quantity < 0) return true;
  if (price->most_quantity() != 0 && asked.quantity > price->most_quantity()) return true;
  const auto carried = account.remainders.find(price->per_quantity());
  const absl::int128 total = absl::int128(asked.quantity) * price->price_micros() +
                             (carried == account.remainders.end() ? 0 : carried->second);
  return RoundedShare(total, price->per_quantity()).first > kMostMoney.micros();
}

bool Laws::RefusedUndoing(const Command& command, const std::string& reason, int64_t now) {
  if (const auto* revoke = std::get_if<RevokeCredit>(&command)) {
    const ModelCredit* credit = nullptr;
    for (const auto& [id, account] : model_.accounts) {
      const auto found = account.credits.find(revoke->credit.number());
      // Where it moved to.
      if (found != account.credits.end() && (credit == nullptr || found->second.moved == 0)) credit = &found->second;
    }
    Law((credit == nullptr) == (reason == "CREDIT_NOT_FOUND"), "revocation refused for ", reason);
    if (credit == nullptr) return true;
    const bool over = credit->over || credit->available() + credit->held() == 0;
    Law(over == (reason == "CREDIT_OVER"), "revocation refused for ", reason, ", over: ", over);
    SawIf(credit->taken_back, "a credit revoked twice refused");
    if (over) return true;
    Law(reason == "NOT_SETTLED" && credit->prepaid && credit->held() > 0, "revocation refused for ", reason);
    Saw("a prepaid credit not paid back while held");
    return true;
  }
  if (const auto* reverse = std::get_if<ReverseCharge>(&command)) {
    const auto charge = model_.charges.find(reverse->charge.number());
    const bool known = charge != model_.charges.end() && reverse->charged.position() == charge->first;
    Law(known == (reason != "CHARGE_NOT_FOUND"), "reversal refused for ", reason, ", known: ", known);
    SawIf(!known, "a reversal of no charge refused");
    if (!known) return true;
    const int64_t left = charge->second.left();
    Law(reason == "CHARGE_REVERSED" && (left == 0 || (reverse->amount && reverse->amount->micros() > left)),
        "reversal refused for ", reason, " with ", left, " left");
    SawIf(left > 0, "a reversal of more than is left refused");
    return true;
  }
  const auto* release = std::get_if<ReleaseQuarantinedUsage>(&command);
  const auto* discard = std::get_if<DiscardQuarantinedUsage>(&command);
  if (release == nullptr && discard == nullptr) return false;
  const auto record =
      model_.quarantined.find((release != nullptr ? release->quarantine : discard->quarantine).number());
  const bool known = record != model_.quarantined.end();
  Law(known == (reason != "NOT_QUARANTINED"), "quarantine refused for ", reason, ", known: ", known);
  SawIf(!known, "a record that is not in quarantine refused");
  if (!known) return true;
  Law(release != nullptr, "a record in quarantine can be discarded");
  if (release == nullptr) return true;
  Metered metered = record->second.metered;
  metered.quantity = release->quantity.value_or(metered.quantity);
  if (reason == "INVALID_FIELD" && metered.quantity < 0) return true;
  Law(CannotPrice(reason, metered, model_.accounts.at(record->second.account), /*held=*/0, now), "release refused for ",
      reason);
  return true;
}

void Laws::On(const storage::v1::CreditRevoked& event, Step& step) {
  const auto* revoke = std::get_if<RevokeCredit>(&step.command);
  const ModelCredit& credit = model_.accounts.at(event.billing_account()).credits.at(event.credit());
  Touch(step, event.billing_account());
  Law(event.amount_micros() == credit.available(), "what is left of a credit is revoked: ", event.amount_micros(),
      " of ", credit.available());
  if (std::holds_alternative<MergeUsers>(step.command) || std::holds_alternative<CloseUser>(step.command)) {
    return Law(!credit.over && !credit.prepaid, "what was granted ends with an account, once");
  }
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  if (revoke == nullptr) {
    Law(std::holds_alternative<ReverseCharge>(step.command) && credit.taken_back && event.amount_micros() > 0,
        "what comes back to a credit that was taken back is taken back");
    Saw("a reversal of what was paid back");
    return;
  }
  Law(!credit.over && credit.available() + credit.held() > 0, "a credit is revoked once");
  Law(!credit.prepaid || credit.held() == 0, "what was paid in advance is paid back as a whole");
  SawIf(credit.held() > 0, "a credit revoked while held");
  Saw(credit.prepaid ? "a prepaid credit paid back" : "a credit revoked");
}

void Laws::CheckReversed(const google::protobuf::RepeatedPtrField<storage::v1::Part>& returned, const ModelParts& drawn,
                         int64_t before, int64_t amount, const ModelAccount& account) {
  // Micro by micro from the end would be the same: the last `before` are gone, the next `amount` go.
  const int64_t from = SumOf(drawn) - before - amount;
  const int64_t to = SumOf(drawn) - before;
  ModelParts owed;
  int64_t start = 0;
  for (const auto& [credit, micros] : drawn) {
    const int64_t share = std::min(to, start + micros) - std::max(from, start);
    if (share > 0) owed.insert(owed.begin(), {credit, share});
    start += micros;
  }
  Law(PartsOf(returned) == owed, "reversed ", Say(PartsOf(returned)), " instead of ", Say(owed));
  if (!broken_.empty()) return;
  for (const auto& part : returned) {
    if (part.credit() == 0) continue;
    const ModelCredit& credit = account.credits.at(part.credit());
    Law(part.credit_expired() == (credit.Forfeits() && !credit.taken_back) &&
            part.credit_revoked() == (credit.Forfeits() && credit.taken_back),
        "what comes back to credit-", part.credit(), " stays, or leaves it as the rest did");
    SawIf(part.credit_expired(), "a reversal to an expired credit");
    SawIf(part.credit_revoked(), "a reversal to a revoked credit");
  }
}

template <class ReversingEvent>
void Laws::CheckPrepaid(const ReversingEvent& event, const ModelAccount& account) {
  int64_t on_limit = 0;
  for (const auto& part : event.returned()) on_limit += part.credit() == 0 ? part.amount_micros() : 0;
  int64_t owed = account.outstanding();
  const std::string now = model_.Now(event.billing_account());
  if (now != event.billing_account()) owed += model_.accounts.at(now).outstanding();
  Law(event.prepaid_micros() == std::max<int64_t>(0, on_limit - owed), "prepaid ", event.prepaid_micros(), " of ",
      on_limit, " with ", owed, " owed");
  Law((event.prepaid_micros() > 0) == (event.credit() != 0), "what was paid becomes a credit");
  for (const auto& [id, other] : model_.accounts) {
    Law(event.credit() == 0 || other.credits.count(event.credit()) == 0, "a credit has a number of its own");
  }
  SawIf(event.prepaid_micros() > 0, "a reversal of what was paid");
}

void Laws::On(const storage::v1::ChargeReversed& event, Step& step) {
  const auto* reverse = std::get_if<ReverseCharge>(&step.command);
  const auto charge = model_.charges.find(event.charge());
  Law(reverse != nullptr && charge != model_.charges.end() && reverse->charge.number() == event.charge(),
      "only a charge is reversed");
  if (!broken_.empty()) return;
  Law(event.billing_account() == charge->second.account, "who paid gets it back");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Touch(step, event.billing_account());
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  const int64_t paid = charge->second.amount;
  const int64_t left = charge->second.left();
  const int64_t amount = reverse->amount.has_value() ? reverse->amount->micros() : left;
  const int64_t before = std::min(charge->second.reversed, paid);
  Law(amount <= left && left > 0, "no more is reversed than was charged");
  Law(event.reversed_micros() == charge->second.reversed + amount, "a reversal says what has been reversed");
  CheckReversed(event.returned(), charge->second.drawn, before, std::min(amount, paid - before), account);
  CheckPrepaid(event, account);
  int64_t by_sponsor = 0;
  for (const Event& beside : step.entry.events()) {
    by_sponsor += SumOf(PartsOf(beside.sponsorship_reversed().returned()));
  }
  Law(SumOf(PartsOf(event.returned())) + by_sponsor == amount, "all of ", amount, " goes back");
  Saw(amount == left ? "a charge reversed" : "a charge reversed in part");
  SawIf(charge->second.reversed > 0, "a charge reversed in several parts");
  SawIf(event.budget_uses_size() > 0, "a reversal that gave a budget back");
  SawIf(charge->second.hold != 0 && charge->second.entry.events(0).hold_captured().beyond_size() > 0,
        "a reversal of a charge beyond its hold");
}

void Laws::On(const storage::v1::SponsorshipReversed& event, Step& step) {
  const auto charge = model_.charges.find(event.charge());
  Law(std::holds_alternative<ReverseCharge>(step.command) && charge != model_.charges.end() &&
          charge->second.sponsor == event.billing_account(),
      "only a sponsor's part is reversed");
  if (!broken_.empty()) return;
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Touch(step, event.billing_account());
  // The payer's part is back by now.
  const int64_t before = charge->second.reversed - SumOf(charge->second.drawn);
  Law(before >= 0, "the payer's part goes back first");
  CheckReversed(event.returned(), charge->second.sponsored, before, SumOf(PartsOf(event.returned())), account);
  CheckPrepaid(event, account);
  Saw("a sponsor's part reversed");
}

void Laws::CheckShare(const storage::v1::UsageCharged& event, int64_t cost, const Step& step) {
  const bool record = event.late_hold() == 0;
  const ModelShare share = model_.ShareOf({.payer = event.billing_account(),
                                           .user = event.user_id(),
                                           .action = event.action(),
                                           .sku = record ? event.metered().sku() : "",
                                           .time = record ? event.metered().usage_time() : step.now,
                                           .cost = cost},
                                          step.now);
  const int64_t sponsored = SponsoredIn(step.entry);
  Law(sponsored == share.amount, "the sponsor pays ", sponsored, " of ", cost, ", not ", share.amount);
  for (const Event& beside : step.entry.events()) {
    if (!beside.has_sponsorship_charged()) continue;
    const auto& charged = beside.sponsorship_charged();
    Law(charged.billing_account() == share.sponsor && charged.sponsorship_id() == share.sponsorship &&
            charged.payer() == event.billing_account() && charged.category() == event.category(),
        "the sponsorship published first pays, alone");
  }
  SawIf(share.amount > 0 && record, "a charge with a sponsor");
  SawIf(share.amount > 0 && !record, "a late capture with a sponsor");
  SawIf(share.amount < share.wanted && share.amount == share.quota_left, "a sponsor's quota used up");
  SawIf(share.amount < share.wanted && share.funds < share.quota_left, "a sponsor short of funds");
}

void Laws::On(const storage::v1::SponsorshipCharged& event, Step& step) {
  const ModelAccount& sponsor = model_.accounts.at(event.billing_account());
  Touch(step, event.billing_account());
  const ModelParts drawn = PartsOf(event.drawn());
  const int64_t amount = SumOf(drawn);
  const std::string& action = step.entry.events(0).usage_charged().action();
  const bool quarantined = step.released.has_value();
  Law(step.entry.events(quarantined ? 1 : 0).has_usage_charged(), "a sponsor pays beside the payer");
  Law(amount > 0 && amount <= sponsor.Funds(action, step.now), "a sponsor pays of what it has");
  const ModelParts expected = sponsor.Draw(amount, action, step.now);
  for (const auto& [number, part] : drawn) {
    SawIf(number != 0 && !sponsor.credits.at(number).actions.empty(), "a sponsor's restricted credit paid");
  }
  Law(drawn == expected, "a sponsor's part drew ", Say(drawn), " instead of ", Say(expected));
  Law(event.window_start() <= step.now && step.now < event.window_end(), "a quota is one of this month");
}

void Laws::On(const storage::v1::UsageQuarantined& event, Step& step) {
  const auto* usage = std::get_if<RecordUsage>(&step.command);
  Law(usage != nullptr && event.quarantine() == step.entry.position(), "a quarantined record has its entry's number");
  if (usage == nullptr) return;
  Law(event.quantity() == usage->metered.quantity && event.sku() == usage->metered.sku, "a record stays as it came");
  Law(event.billing_account() == model_.PayerOf(usage->user.text(), usage->project.number(), usage->bill_to.text()),
      "a quarantined record knows its payer");
  if (!broken_.empty()) return;
  Law(CannotBeRight(usage->metered, model_.accounts.at(event.billing_account()), step.now),
      "only what cannot be right is set aside");
  Saw("usage set aside");
  SawIf(event.problem().find("price is more") != std::string::npos, "usage set aside for its price");
}

void Laws::On(const storage::v1::QuarantineReleased& event, Step& step) {
  const auto* release = std::get_if<ReleaseQuarantinedUsage>(&step.command);
  const auto record = model_.quarantined.find(event.quarantine());
  Law(release != nullptr && record != model_.quarantined.end(), "only a quarantined record is released");
  if (!broken_.empty()) return;
  step.released = record->second;
  step.released->metered.quantity = release->quantity.value_or(record->second.metered.quantity);
  Law(event.quantity() == step.released->metered.quantity && event.quantity() >= 0, "a record is released as decided");
  Saw(release->quantity.has_value() ? "a quarantined record released with another quantity"
                                    : "a quarantined record released");
}

void Laws::On(const storage::v1::QuarantineDiscarded& event, Step& step) {
  Law(std::holds_alternative<DiscardQuarantinedUsage>(step.command) &&
          model_.quarantined.count(event.quarantine()) == 1,
      "only a quarantined record is discarded");
  Saw("a quarantined record discarded");
}

}  // namespace bursar::laws

#include "ledger/domain/what_if.h"

#include <algorithm>
#include <set>
#include <variant>

#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::ActionDenied;
using storage::v1::Entry;
using storage::v1::Event;
using storage::v1::Part;
using Parts = google::protobuf::RepeatedPtrField<Part>;

absl::Time TimeOf(const Entry& entry) { return absl::FromUnixMicros(entry.commit_time()); }

const ActionDenied* DenialIn(const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (event.has_action_denied()) return &event.action_denied();
  }
  return nullptr;
}

bool Charges(const Entry& entry) {
  return std::any_of(entry.events().begin(), entry.events().end(),
                     [](const Event& event) { return event.has_hold_captured() || event.has_usage_charged(); });
}

// Empty where the command is about none.
HoldId HoldOf(const Command& command) {
  if (const auto* extend = std::get_if<ExtendHold>(&command)) return extend->hold;
  if (const auto* capture = std::get_if<CaptureHold>(&command)) return capture->hold;
  if (const auto* release = std::get_if<ReleaseHold>(&command)) return release->hold;
  return {};
}

// Events about holds that are not there are left out; a limit or a grant says nothing else of holds than to stop them.
bool HasItsHold(const Event& event, const State& state) {
  return !event.has_termination_ordered() || state.Find(HoldId(event.termination_ordered().hold())) != nullptr;
}

// The gate's decision in question: what was asked for, where it could have been denied.
std::optional<GatedAction> GatedBy(const Command& command, const State& then) {
  if (const auto* check = std::get_if<Check>(&command)) return check->action;
  if (const auto* place = std::get_if<PlaceHold>(&command)) return place->action;
  const auto* extend = std::get_if<ExtendHold>(&command);
  if (extend == nullptr || extend->additional == Money()) return std::nullopt;
  const Hold* hold = then.Find(extend->hold);
  if (hold == nullptr) return std::nullopt;
  return GatedAction{.action = hold->action,
                     .user = hold->user,
                     .project = hold->project,
                     .bill_to = hold->account,
                     .cost = extend->additional};
}

std::set<BillingAccountId> AccountsIn(const Entry& entry) {
  std::set<BillingAccountId> accounts;
  for (const Event& event : entry.events()) {
    if (const BillingAccountId id = bursar::AccountOf(event); !id.empty()) accounts.insert(id);
  }
  return accounts;
}

void AddCharge(WhatIfSide& side, const Parts& parts, Money sign) {
  for (const Part& part : parts) {
    const Money amount = Money::Micros(part.amount_micros() * sign.micros());
    side.charged += amount;
    (part.credit() == 0 ? side.charged_to_limit : side.charged_to_credits) += amount;
  }
}

void AddExpired(WhatIfSide& side, const Parts& returned) {
  for (const Part& part : returned) {
    if (part.credit_expired()) side.expired += Money::Micros(part.amount_micros());
  }
}

constexpr Money kMore = Money::Micros(1);
constexpr Money kLess = Money::Micros(-1);

void CountEvent(WhatIfSide& side, const Event& event) {
  AddCharge(side, event.hold_captured().drawn(), kMore);
  AddCharge(side, event.hold_captured().beyond(), kMore);
  AddCharge(side, event.usage_charged().drawn(), kMore);
  AddCharge(side, event.sponsorship_charged().drawn(), kMore);
  AddCharge(side, event.charge_reversed().returned(), kLess);
  AddCharge(side, event.sponsorship_reversed().returned(), kLess);
  AddExpired(side, event.hold_captured().returned());
  AddExpired(side, event.hold_released().returned());
  AddExpired(side, event.hold_expired().returned());
  AddExpired(side, event.sponsorship_charged().returned());
  AddExpired(side, event.sponsorship_returned().returned());
  AddExpired(side, event.charge_reversed().returned());
  AddExpired(side, event.sponsorship_reversed().returned());
  side.expired += Money::Micros(event.credit_expired().amount_micros());
}

void Measure(WhatIfSide& side, const BillingAccount& account, absl::Time time, Position position) {
  side.funds_at_end = account.balance.Funds(time);
  side.outstanding_at_end = account.balance.outstanding;
  if (!side.lowest_funds.has_value() || side.funds_at_end < *side.lowest_funds) {
    side.lowest_funds = side.funds_at_end;
    side.lowest_position = position;
  }
  if (side.ran_out || side.funds_at_end > Money()) return;
  side.ran_out = true;
  side.ran_out_position = position;
  side.ran_out_time = time;
}

}  // namespace

// The change ---------------------------------------------------------------------------------------------------------

WhatIf::WhatIf(State start, WhatIfChange change, EntryReader read)
    : change_(std::move(change)),
      read_(std::move(read)),
      first_(start.position + 1),
      then_(std::move(start)),
      now_(then_) {
  Change();
  if (!change_.account.empty()) AccountOf(change_.account, then_.time);
}

bool WhatIf::Counts(const BillingAccountId& account) const {
  return change_.account.empty() || change_.account == account;
}

void WhatIf::Change() {
  ChangePrices();
  for (auto& [id, account] : now_.accounts) {
    if (!Counts(id)) continue;
    if (change_.limit.has_value()) account.balance.limit = *change_.limit;
    ChangePriorities(account.balance);
  }
}

void WhatIf::ChangePrices() {
  if (change_.prices.empty()) return;
  for (PriceList& list : now_.policy.price_lists[change_.currency]) {
    for (const ListedPrice& price : change_.prices) {
      ListedPrice& listed = list.prices[{price.sku, price.region}];
      const int64_t most = listed.most_quantity;
      listed = price;
      listed.most_quantity = most;
    }
  }
}

void WhatIf::ChangePriorities(Balance& balance) const {
  if (change_.priorities.empty()) return;
  std::vector<Credit> credits = std::move(balance.credits);
  balance.credits.clear();
  for (Credit& credit : credits) {
    if (const auto found = change_.priorities.find(credit.id); found != change_.priorities.end())
      credit.priority = found->second;
    balance.Add(std::move(credit));
  }
}

// What an entry has set is set back to what it is now.
void WhatIf::KeepChanged(const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (event.has_price_list_published()) ChangePrices();
    const BillingAccountId id = event.has_billing_account_opened()
                                    ? BillingAccountId::Trusted(event.billing_account_opened().billing_account())
                                    : bursar::AccountOf(event);
    const auto account = now_.accounts.find(id);
    if (id.empty() || account == now_.accounts.end() || !Counts(id)) continue;
    if (change_.limit.has_value()) account->second.balance.limit = *change_.limit;
    const bool adds = event.has_credit_granted() || event.has_payment_recorded() || event.has_funds_moved_in() ||
                      event.has_charge_reversed() || event.has_sponsorship_reversed();
    if (adds) ChangePriorities(account->second.balance);
  }
}

// The two worlds -----------------------------------------------------------------------------------------------------

// Entries keep their positions now, so that what they number (holds, credits) has the same numbers in both worlds.
void WhatIf::Follow(Entry entry) {
  now_.position = entry.position() - 1;
  Evolve(now_, entry);
  KeepChanged(entry);
  touched_.merge(AccountsIn(entry));
  CountMoney(entry, &WhatIfAccount::now);
  if (Charges(entry) || DenialIn(entry) != nullptr) entries_now_[entry.position()] = std::move(entry);
}

// What time brought about, as the writer does it. The system's entry of this world is decided once at its own position;
// what is due beyond that, before whatever else was asked then.
void WhatIf::LetTimePass(const Entry& entry) {
  const bool systems = AskerOf(entry) == Principal::System();
  while (now_.NextDue() <= TimeOf(entry)) {
    now_.position = entry.position() - 1;
    auto due = Decide(now_, ExpireDue{}, Principal::System(), TimeOf(entry));
    BURSAR_CHECK(due.ok() && !due->events.empty());
    Entry happened;
    happened.set_position(entry.position());
    happened.set_commit_time(entry.commit_time());
    happened.set_principal(Principal::System().text());
    happened.mutable_events()->Assign(due->events.begin(), due->events.end());
    Follow(std::move(happened));
    if (systems) break;
  }
  now_.position = systems ? entry.position() : entry.position() - 1;
  now_.time = TimeOf(entry);
}

std::optional<Command> WhatIf::CauseOf(const Entry& entry) {
  const std::vector<Command> asked = AskedBy(entry, then_, read_);
  for (const Command& command : asked) {
    const auto decision = Decide(then_, command, AskerOf(entry), TimeOf(entry));
    if (decision.ok() && DecidedAlike(entry, decision->events)) return command;
  }
  if (asked.empty()) return std::nullopt;
  ++report_.not_reproduced;
  return asked.front();
}

const Entry* WhatIf::EntryOfNow(Position position) const {
  if (position < first_) return read_(position);
  const auto found = entries_now_.find(position);
  return found == entries_now_.end() ? nullptr : &found->second;
}

WhatIf::Answered WhatIf::DecideNow(const Command& command, const Entry& entry, bool denied_then) {
  auto decision = Decide(now_, command, AskerOf(entry), TimeOf(entry));
  Answered answered;
  if (!decision.ok()) {
    answered.refused = true;
    const HoldId hold = HoldOf(command);
    if (!hold.empty() && now_.Find(hold) == nullptr && !now_.expired_holds.contains(hold)) {
      Gone(entry);
    } else {
      Refused(decision.status(), entry.position());
    }
    return answered;
  }
  Entry happened;
  happened.set_position(entry.position());
  happened.set_commit_time(entry.commit_time());
  happened.set_principal(entry.principal());
  happened.mutable_events()->Assign(decision->events.begin(), decision->events.end());
  const ActionDenied* denial = DenialIn(happened);
  answered.allowed = denial == nullptr && !decision->repeats.has_value();
  if (denial == nullptr && decision->repeats.has_value()) {
    const Entry* like = EntryOfNow(*decision->repeats);
    denial = like == nullptr ? nullptr : DenialIn(*like);
  }
  if (denial != nullptr) answered.denial = *denial;
  // A denial like one on record is answered, and not written again.
  const bool written = happened.events_size() > 0 && answered.denial.recorded_at() == 0;
  const bool newly_allowed = denied_then && *answered.allowed;
  if (written && (!newly_allowed || change_.hold_newly_allowed)) Follow(std::move(happened));
  return answered;
}

// The same happens in both worlds.
void WhatIf::Repeat(const Entry& entry) {
  Entry happened = entry;
  auto& events = *happened.mutable_events();
  events.erase(
      std::remove_if(events.begin(), events.end(), [this](const Event& event) { return !HasItsHold(event, now_); }),
      events.end());
  Follow(std::move(happened));
}

void WhatIf::Take(const Entry& entry) {
  BURSAR_CHECK(entry.position() == then_.position + 1);
  ++report_.entries;
  for (const BillingAccountId& id : AccountsIn(entry)) {
    if (Counts(id)) AccountOf(id, then_.time);
  }
  std::optional<Command> command = CauseOf(entry);
  const std::optional<GatedAction> gated =
      command.has_value() ? GatedBy(*command, then_) : std::optional<GatedAction>();
  LetTimePass(entry);
  if (AskerOf(entry) != Principal::System() && !command.has_value()) Repeat(entry);
  if (command.has_value()) {
    if (auto* reversal = std::get_if<ReverseCharge>(&*command)) {
      const Entry* charged = EntryOfNow(reversal->charge.number());
      reversal->charged = charged == nullptr ? Entry() : *charged;
    }
    const Answered now = DecideNow(*command, entry, DenialIn(entry) != nullptr);
    if (gated.has_value()) Compare(*gated, entry, now);
  }
  now_.position = entry.position();
  now_.time = TimeOf(entry);
  Evolve(then_, entry);
  CountMoney(entry, &WhatIfAccount::then);
  MeasureFunds(entry);
}

// The report ---------------------------------------------------------------------------------------------------------

// Made when it is first needed, as both worlds stand before the entry at hand.
WhatIfAccount& WhatIf::AccountOf(const BillingAccountId& id, absl::Time time) {
  const auto [found, is_new] = report_.accounts.try_emplace(id);
  WhatIfAccount& account = found->second;
  if (!is_new) return account;
  const BillingAccount* before = then_.Find(id);
  if (before == nullptr) return account;
  account.currency = before->currency;
  Measure(account.then, *before, time, then_.position);
  if (const BillingAccount* now = now_.Find(id)) Measure(account.now, *now, time, then_.position);
  return account;
}

void WhatIf::CountMoney(const Entry& entry, WhatIfSide WhatIfAccount::*side) {
  for (const Event& event : entry.events()) {
    const BillingAccountId id = bursar::AccountOf(event);
    if (!id.empty() && Counts(id)) CountEvent(AccountOf(id, TimeOf(entry)).*side, event);
  }
}

void WhatIf::MeasureFunds(const Entry& entry) {
  touched_.merge(AccountsIn(entry));
  if (!change_.account.empty()) touched_ = {change_.account};
  for (const BillingAccountId& id : touched_) {
    const BillingAccount* then = then_.Find(id);
    const BillingAccount* now = now_.Find(id);
    if (then == nullptr || now == nullptr) continue;
    WhatIfAccount& account = AccountOf(id, TimeOf(entry));
    account.currency = then->currency;
    Measure(account.then, *then, TimeOf(entry), entry.position());
    Measure(account.now, *now, TimeOf(entry), entry.position());
  }
  touched_.clear();
}

void WhatIf::Compare(const GatedAction& asked, const Entry& entry, const Answered& now) {
  const ActionDenied* denial = DenialIn(entry);
  if (!Counts(asked.bill_to)) return;
  WhatIfAccount& account = AccountOf(asked.bill_to, TimeOf(entry));
  ++(denial == nullptr ? account.then.admitted : account.then.denied);
  if (now.refused || !now.allowed.has_value()) return;
  ++(*now.allowed ? account.now.admitted : account.now.denied);
  const bool allowed_then = denial == nullptr;
  if (*now.allowed && !allowed_then) {
    ++account.newly_allowed;
    account.newly_allowed_cost += asked.cost;
  }
  if (!*now.allowed && allowed_then) ++account.newly_denied;
  Differ(entry, asked, denial, now);
}

void WhatIf::Differ(const Entry& entry, const GatedAction& asked, const ActionDenied* then, const Answered& now) {
  const auto first = [](const ActionDenied& denied) {
    return denied.bindings().empty() ? ActionDenied::Binding() : denied.bindings(0);
  };
  const ActionDenied::Binding binding_then = then == nullptr ? ActionDenied::Binding() : first(*then);
  const ActionDenied::Binding binding_now = first(now.denial);
  const bool same_rule = binding_then.reason() == binding_now.reason() && binding_then.budget() == binding_now.budget();
  if (*now.allowed == (then == nullptr) && same_rule) return;
  ++report_.differences_in_all;
  if (report_.differences.size() >= change_.most_differences) return;
  report_.differences.push_back({.position = entry.position(),
                                 .time = TimeOf(entry),
                                 .account = asked.bill_to,
                                 .user = asked.user,
                                 .action = asked.action,
                                 .cost = asked.cost,
                                 .allowed_then = then == nullptr,
                                 .rule_then = binding_then.rule(),
                                 .reason_then = binding_then.reason(),
                                 .allowed_now = *now.allowed,
                                 .rule_now = binding_now.rule(),
                                 .reason_now = binding_now.reason()});
}

void WhatIf::Gone(const Entry& entry) {
  bool counted = false;
  for (const Event& event : entry.events()) {
    const BillingAccountId id = bursar::AccountOf(event);
    if (id.empty() || !Counts(id)) continue;
    WhatIfAccount& account = AccountOf(id, TimeOf(entry));
    if (!counted) ++account.gone;
    counted = true;
    account.gone_charges += Sum(event.hold_captured().drawn()) + Sum(event.hold_captured().beyond()) +
                            Sum(event.sponsorship_charged().drawn()) + Sum(event.usage_charged().drawn());
  }
}

void WhatIf::Refused(const absl::Status& status, Position position) {
  if (report_.refused++ > 0) return;
  report_.first_refused = position;
  report_.first_refusal = std::string(status.message());
}

WhatIfReport WhatIf::Finish() { return std::move(report_); }

}  // namespace bursar

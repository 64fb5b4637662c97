// Undoing charges: each micro goes back to where it was drawn from, what was drawn last first.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/outlook.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using storage::v1::HoldCaptured;
using storage::v1::Part;
using storage::v1::SponsorshipCharged;
using storage::v1::UsageCharged;
using Parts = google::protobuf::RepeatedPtrField<Part>;

// A charge as its entry tells it. Lives as long as the entry.
struct Charge {
  BillingAccountId account;
  HoldId hold;              // empty for usage
  std::vector<Part> drawn;  // by the payer, in the order in which it was drawn
  const SponsorshipCharged* sponsored = nullptr;
  const google::protobuf::RepeatedPtrField<storage::v1::BudgetUse>* budget_uses = nullptr;
  // What the reversal repeats of it.
  storage::v1::ChargeReversed reversal;

  Money PaidByPayer() const {
    Money sum;
    for (const Part& part : drawn) sum += Money::Micros(part.amount_micros());
    return sum;
  }
  Money PaidBySponsor() const { return sponsored == nullptr ? Money() : Sum(sponsored->drawn()); }
};

template <class Charging>
Charge ReadCharge(const Charging& event, int64_t charge_time) {
  Charge charge{.account = BillingAccountId::Trusted(event.billing_account()), .budget_uses = &event.budget_uses()};
  charge.drawn.assign(event.drawn().begin(), event.drawn().end());
  auto& reversal = charge.reversal;
  reversal.set_billing_account(event.billing_account());
  reversal.set_currency(event.currency());
  reversal.set_user_id(event.user_id());
  reversal.set_project(event.project());
  reversal.set_category(event.category());
  reversal.set_sku(event.metered().sku());
  reversal.set_charge_time(charge_time);
  reversal.set_usage_time(event.has_metered() ? event.metered().usage_time() : charge_time);
  return charge;
}

// nullopt where the entry made no charge.
std::optional<Charge> ChargeOf(const storage::v1::Entry& entry) {
  std::optional<Charge> charge;
  const SponsorshipCharged* sponsored = nullptr;
  for (const Event& event : entry.events()) {
    if (event.has_usage_charged()) charge = ReadCharge(event.usage_charged(), entry.commit_time());
    if (event.has_hold_captured()) {
      const HoldCaptured& captured = event.hold_captured();
      charge = ReadCharge(captured, entry.commit_time());
      charge->drawn.insert(charge->drawn.end(), captured.beyond().begin(), captured.beyond().end());
      charge->hold = HoldId(captured.hold());
      charge->reversal.set_hold(captured.hold());
    }
    if (event.has_sponsorship_charged()) sponsored = &event.sponsorship_charged();
  }
  if (charge.has_value()) charge->sponsored = sponsored;
  return charge;
}

// The next `amount` of what was drawn, from its end, where `before` has gone back already.
template <class Drawn>
void TakeFromEnd(Parts& returned, const Drawn& drawn, Money before, Money amount, const Balance& balance) {
  for (auto part = drawn.rbegin(); part != drawn.rend(); ++part) {
    const Money whole = Money::Micros(part->amount_micros());
    const Money gone = std::min(whole, before);
    const Money share = std::min(whole - gone, amount);
    before -= gone;
    amount -= share;
    if (share > Money()) *returned.Add() = ReturnedPart(CreditId(part->credit()), share, balance);
  }
  BURSAR_CHECK(amount == Money());
}

Money OnLimit(const Parts& parts) {
  Money sum;
  for (const Part& part : parts) {
    if (part.credit() == 0) sum += Money::Micros(part.amount_micros());
  }
  return sum;
}

class Reversal {
 public:
  Reversal(const ReverseCharge& command, const Charge& charge, const Context& context)
      : command_(command), charge_(charge), context_(context), outlook_(context) {}

  // The payer's part goes back first, since the sponsor's was drawn before it.
  Decision Of(Money amount, Money before) {
    const Money paid = charge_.PaidByPayer();
    const Money before_payer = std::min(before, paid);
    const Money by_payer = std::min(amount, paid - before_payer);
    ReverseForPayer(before_payer, by_payer, before + amount);
    if (amount > by_payer) ReverseForSponsor(before - before_payer, amount - by_payer);
    if (command_.cause == ReversalCause::kPlatformFailure) GiveHoldBack();
    for (const BillingAccount* account : touched_) {
      outlook_.PassOn(*account, absl::StrCat(command_.charge.text(), " was reversed"));
    }
    return std::move(outlook_).Finish();
  }

 private:
  void ReverseForPayer(Money before, Money amount, Money reversed) {
    const BillingAccount& account = Touch(charge_.account);
    Event event;
    auto& reversal = *event.mutable_charge_reversed();
    reversal = charge_.reversal;
    reversal.set_charge(command_.charge.number());
    reversal.set_cause(command_.cause == ReversalCause::kPlatformFailure
                           ? storage::v1::ChargeReversed::CAUSE_PLATFORM_FAILURE
                           : storage::v1::ChargeReversed::CAUSE_CORRECTION);
    reversal.set_reason(command_.reason);
    reversal.set_reversed_micros(reversed.micros());
    TakeFromEnd(*reversal.mutable_returned(), charge_.drawn, before, amount, outlook_.BalanceOf(account));
    GiveBudgetsBack(reversal, account, amount);
    const Money prepaid = NotOwedBy(account, OnLimit(reversal.returned()));
    if (prepaid > Money()) {
      reversal.set_prepaid_micros(prepaid.micros());
      reversal.set_credit(context_.position());
      credit_made_ = true;
    }
    outlook_.Happen(account, std::move(event));
  }

  void ReverseForSponsor(Money before, Money amount) {
    const SponsorshipCharged& charged = *charge_.sponsored;
    const BillingAccount& sponsor = Touch(BillingAccountId::Trusted(charged.billing_account()));
    Event event;
    auto& reversal = *event.mutable_sponsorship_reversed();
    reversal.set_charge(command_.charge.number());
    reversal.set_sponsorship_id(charged.sponsorship_id());
    reversal.set_billing_account(charged.billing_account());
    reversal.set_payer(charged.payer());
    reversal.set_currency(charged.currency());
    reversal.set_category(charged.category());
    reversal.set_window_start(charged.window_start());
    TakeFromEnd(*reversal.mutable_returned(), charged.drawn(), before, amount, outlook_.BalanceOf(sponsor));
    const Money prepaid = NotOwedBy(sponsor, OnLimit(reversal.returned()));
    if (prepaid > Money()) {
      reversal.set_prepaid_micros(prepaid.micros());
      // At most one entry per charge gives back to both; there the sponsor's credit takes the charge's number, since an
      // entry numbers one credit and no entry makes a charge and a credit.
      reversal.set_credit(credit_made_ ? command_.charge.number() : context_.position());
    }
    outlook_.Happen(sponsor, std::move(event));
  }

  // What was drawn from the limit, and has been paid meanwhile. A merged user's debt is the survivor's.
  Money NotOwedBy(const BillingAccount& account, Money on_limit) {
    const BillingAccount& present = *context_.state.Find(context_.state.Present(account.id));
    Money owed = outlook_.BalanceOf(account).outstanding;
    if (present.id != account.id) owed += outlook_.BalanceOf(present).outstanding;
    return on_limit - std::min(on_limit, owed);
  }

  void GiveBudgetsBack(storage::v1::ChargeReversed& reversal, const BillingAccount& account, Money amount) {
    for (const auto& use : *charge_.budget_uses) {
      const Budget* budget = account.Find(BudgetId(use.budget()));
      if (budget == nullptr || !budget->window.Holds(context_.now)) continue;
      if (budget->window.start != absl::FromUnixMicros(use.window_start())) continue;
      const Money back = std::min(amount, budget->used);
      if (back == Money()) continue;
      auto& given = *reversal.add_budget_uses();
      given.set_budget(use.budget());
      given.set_window_start(use.window_start());
      given.set_window_end(use.window_end());
      given.set_amount_micros((Money() - back).micros());
    }
  }

  // The sponsor's part first: after HoldReleased the hold is gone.
  void GiveHoldBack() {
    const Hold* hold = context_.state.Find(charge_.hold);
    if (hold == nullptr) return;
    if (!hold->sponsored.parts.empty()) ReturnToSponsor(*hold);
    const BillingAccount& account = Touch(hold->account);
    Event event;
    auto& released = *event.mutable_hold_released();
    released.set_hold(hold->id.number());
    released.set_billing_account(account.id.text());
    released.set_currency(account.currency);
    SetReturned(*released.mutable_returned(), hold->parts, outlook_.BalanceOf(account));
    outlook_.Happen(account, std::move(event));
  }

  void ReturnToSponsor(const Hold& hold) {
    const BillingAccount& sponsor = Touch(hold.sponsored.account);
    Event event;
    auto& returned = *event.mutable_sponsorship_returned();
    returned.set_hold(hold.id.number());
    returned.set_sponsorship_id(hold.sponsored.sponsorship_id);
    returned.set_billing_account(sponsor.id.text());
    returned.set_payer(hold.account.text());
    returned.set_currency(sponsor.currency);
    SetReturned(*returned.mutable_returned(), hold.sponsored.parts, outlook_.BalanceOf(sponsor));
    outlook_.Happen(sponsor, std::move(event));
  }

  static void SetReturned(Parts& returned, const HeldParts& parts, const Balance& balance) {
    for (const auto& [credit, amount] : parts) *returned.Add() = ReturnedPart(credit, amount, balance);
  }

  const BillingAccount& Touch(const BillingAccountId& id) {
    const BillingAccount* account = context_.state.Find(id);
    BURSAR_CHECK(account != nullptr);
    if (std::find(touched_.begin(), touched_.end(), account) == touched_.end()) touched_.push_back(account);
    return *account;
  }

  const ReverseCharge& command_;
  const Charge& charge_;
  const Context& context_;
  Outlook outlook_;
  std::vector<const BillingAccount*> touched_;
  bool credit_made_ = false;
};

}  // namespace

absl::StatusOr<Decision> DecideReversal(const ReverseCharge& command, const Context& context) {
  const bool is_the_entry = command.charged.position() == command.charge.number();
  const std::optional<Charge> charge = is_the_entry ? ChargeOf(command.charged) : std::nullopt;
  if (!charge.has_value()) return ChargeNotFound(command.charge);
  const auto reversed = context.state.reversed.find(command.charge);
  const Money before = reversed == context.state.reversed.end() ? Money() : reversed->second;
  const Money left = charge->PaidByPayer() + charge->PaidBySponsor() - before;
  const Money amount = command.amount.value_or(left);
  if (amount > left || left == Money()) return MoreThanCharged(command.charge, left, charge->reversal.currency());
  return Reversal(command, *charge, context).Of(amount, before);
}

}  // namespace bursar

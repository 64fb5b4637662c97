// Charges undone, from their end.
#include <algorithm>

#include "bursar/v1/usage.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/gate.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

constexpr int32_t kBurnsLast = 1'000'000;

// What comes next when a charge has been reversed so far already, last drawn first.
std::vector<Piece> FromTheEnd(const std::vector<Piece>& pieces, Wide skip, Wide amount) {
  std::vector<Piece> backwards(pieces.rbegin(), pieces.rend());
  TakeFirst(backwards, skip);
  return TakeFirst(backwards, amount);
}

// What comes back to a credit that was paid for and paid back is paid back, too: to where the rest went. What was drawn
// from the limit and has been paid becomes a prepaid credit; returns that amount.
Wide Return(World& world, Account& account, const std::vector<Piece>& pieces, uint64_t number, absl::Time now) {
  Wide prepaid = 0;
  for (const Piece& piece : pieces) {
    if (piece.lot != 0) {
      GiveBack(account, {piece}, kCharged, now);
      continue;
    }
    const Wide owed = std::max<Wide>(Owed(account), 0);
    const Wide lowered = std::min(owed, Wide(piece.micros));
    account.Put(0, kCharged, kOutside, Narrow(lowered));
    prepaid += piece.micros - lowered;
  }
  if (prepaid > 0) {
    AddCredit(
        world, account,
        {.number = number, .granted = Narrow(prepaid), .priority = kBurnsLast, .effective = now, .prepaid = true});
  }
  return prepaid;
}

void GiveBudgetsBack(Account& account, const Charge& charge, Wide micros, absl::Time now) {
  for (const Use& use : charge.uses) {
    for (Budget& budget : account.budgets) {
      if (budget.number != use.budget || budget.start != use.start || now >= budget.end) continue;
      budget.used -= micros;
    }
  }
}

// A platform failure also gives back what an open hold of the charge still holds.
std::string ReleaseHoldOf(World& world, const Charge& charge, absl::Time now) {
  const auto found = world.holds.find(charge.hold);
  if (found == world.holds.end() || found->second.expired) return "";
  Hold& hold = found->second;
  if (!hold.sponsored.empty()) {
    Account& sponsor = world.accounts[hold.sponsor];
    GiveBack(sponsor, hold.sponsored, kHeld, now);
    Notice(sponsor, false, 0, now);
    CountShare(world, hold.sponsorship, hold.account, hold.month_start, hold.month_end, 0, -Total(hold.sponsored));
  }
  GiveBack(world.accounts[hold.account], hold.pieces, kHeld, now);
  const std::string name = Name("hold", hold.number);
  world.holds.erase(found);
  return name;
}

Answer ReverseCharge(World& world, const Asked& asked, const v1::ReverseChargeRequest& request) {
  const bool may = request.cause() == v1::REVERSAL_CAUSE_PLATFORM_FAILURE
                       ? asked.role == Role::kService || asked.role == Role::kOperator
                       : asked.role == Role::kFinance || asked.role == Role::kOperator;
  if (!may) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  const auto found = world.charges.find(NumberOf(request.charge_id()));
  if (found == world.charges.end()) return Refuse(v1::ERROR_REASON_CHARGE_NOT_FOUND);
  Charge& charge = found->second;
  Account& account = world.accounts[charge.account];
  if (world.Present(account.id) != account.id) return NoOpinion();
  const Wide all = Total(charge.pieces) + Total(charge.sponsored);
  const Wide left = all - charge.reversed;
  const Wide amount = request.amount_micros() == 0 ? left : Wide(request.amount_micros());
  if (left == 0 || amount > left) return Refuse(v1::ERROR_REASON_CHARGE_REVERSED);

  const Wide own_so_far = std::min(charge.reversed, Total(charge.pieces));
  const std::vector<Piece> own = FromTheEnd(charge.pieces, own_so_far, amount);
  const std::vector<Piece> sponsors = FromTheEnd(charge.sponsored, charge.reversed - own_so_far, amount - Total(own));
  v1::ReverseChargeResponse response;
  v1::Reversal& shown = *response.mutable_reversal();
  ShowReturned(account, own, asked.now, *shown.mutable_parts());
  const Wide before = Funds(account, "", asked.now);
  const Wide prepaid = Return(world, account, own, asked.position, asked.now);
  account.charged_by_category[charge.category] -= Total(own);
  GiveBudgetsBack(account, charge, Total(own), asked.now);
  charge.reversed += amount;
  shown.set_charge_id(request.charge_id());
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_amount_micros(Narrow(Total(own)));
  if (prepaid > 0) {
    shown.set_prepaid_micros(Narrow(prepaid));
    shown.set_prepaid_credit_id(Name("credit", asked.position));
  }
  if (!sponsors.empty()) {
    Account& sponsor = world.accounts[charge.sponsor];
    // Where both need a credit in one entry, the sponsor's has the number of the charge.
    Return(world, sponsor, sponsors, prepaid > 0 ? charge.number : asked.position, asked.now);
    sponsor.charged_by_category[charge.category] -= Total(sponsors);
    CountShare(world, charge.sponsorship, charge.account, charge.month_start, charge.month_end, -Total(sponsors), 0);
    Notice(sponsor, false, 0, asked.now);
    shown.set_sponsored_micros(Narrow(Total(sponsors)));
    shown.set_sponsor_billing_account(charge.sponsor);
  }
  if (request.cause() == v1::REVERSAL_CAUSE_PLATFORM_FAILURE) {
    shown.set_released_hold_id(ReleaseHoldOf(world, charge, asked.now));
  }
  Notice(account, false, before, asked.now);
  shown.set_reversed_micros(Narrow(charge.reversed));
  shown.set_cause(request.cause());
  shown.set_reason(request.reason());
  response.set_funds_micros(Narrow(Funds(account, "", asked.now)));
  response.set_position(asked.position);
  return Give(std::move(response));
}

}  // namespace

void AddReversals(Handlers& handlers) { On<v1::ReverseChargeRequest>(handlers, ReverseCharge); }

}  // namespace bursar::oracle

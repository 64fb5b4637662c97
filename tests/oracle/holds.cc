// Holds: placed, extended, captured, released, and what becomes of them in time.
#include <algorithm>

#include "bursar/v1/gate.pb.h"
#include "tests/oracle/charging.h"
#include "tests/oracle/gate.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

constexpr absl::Duration kDefaultLife = absl::Hours(24);
constexpr absl::Duration kLateCaptures = absl::Hours(24 * 30);
// The documents say "too far away" only.
constexpr absl::Duration kLongestLife = absl::Hours(24 * 90);

// Sets aside what payer and sponsor pay of so much more.
std::vector<Piece> SetAside(World& world, Hold& hold, Wide own, const Share& share, absl::Time now) {
  Account& account = world.accounts[hold.account];
  const std::vector<Piece> added = Draw(account, own, hold.action, now);
  const Wide before = Funds(account, "", now);
  for (const Piece& piece : added) {
    account.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kHeld, piece.micros);
    hold.pieces.push_back(piece);
  }
  Notice(account, false, before, now);
  if (share.micros == 0) return added;
  Account& sponsor = world.accounts[share.sponsor];
  for (const Piece& piece : Draw(sponsor, share.micros, hold.action, now)) {
    sponsor.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kHeld, piece.micros);
    hold.sponsored.push_back(piece);
  }
  Notice(sponsor, false, 0, now);
  hold.sponsorship = share.sponsorship;
  hold.sponsor = share.sponsor;
  hold.month_start = share.month_start;
  hold.month_end = share.month_end;
  CountShare(world, share.sponsorship, hold.account, share.month_start, share.month_end, 0, share.micros);
  return added;
}

void ReturnSponsored(World& world, Hold& hold, absl::Time now) {
  if (hold.sponsored.empty()) return;
  Account& sponsor = world.accounts[hold.sponsor];
  GiveBack(sponsor, hold.sponsored, kHeld, now);
  Notice(sponsor, false, 0, now);
  CountShare(world, hold.sponsorship, hold.account, hold.month_start, hold.month_end, 0, -Total(hold.sponsored));
  hold.sponsored.clear();
}

void ShowHold(World& world, const Hold& hold, v1::Hold& shown) {
  const Account& account = world.accounts[hold.account];
  shown.set_hold_id(Name("hold", hold.number));
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_user_id(hold.user);
  shown.set_project_id(hold.project);
  shown.set_action(hold.action);
  shown.set_held_micros(Narrow(Total(hold.pieces)));
  Show(account, hold.pieces, *shown.mutable_parts());
  *shown.mutable_expire_time() = ToTimestamp(hold.expire);
  shown.set_cost_limit_micros(hold.cost_limit);
  for (const uint64_t budget : hold.budgets) shown.add_budget_ids(Name("budget", budget));
  if (hold.sponsored.empty()) return;
  shown.set_sponsored_micros(Narrow(Total(hold.sponsored)));
  shown.set_sponsor_billing_account(hold.sponsor);
}

v1::Decision Allowed(World& world, const Hold& hold, const Ruling& ruling, const Asked& asked) {
  const Account& account = world.accounts[hold.account];
  v1::Decision decision;
  decision.set_allowed(true);
  decision.set_position(asked.position);
  decision.set_billing_account(account.id);
  decision.set_currency(account.currency);
  if (ruling.hidden) return decision;
  decision.set_funds_micros(Narrow(Funds(account, hold.action, asked.now)));
  if (ruling.share.micros > 0) {
    decision.set_sponsored_micros(Narrow(ruling.share.micros));
    decision.set_sponsor_billing_account(ruling.share.sponsor);
  }
  return decision;
}

std::optional<Answer> ExpiryRefused(const Asked& asked, bool given, absl::Time expire) {
  if (!given) return std::nullopt;
  if (expire <= asked.now || expire > asked.now + kLongestLife) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  return std::nullopt;
}

Answer PlaceHold(World& world, const Asked& asked, const v1::PlaceHoldRequest& request) {
  Asking asking = Read(world, asked, request.gated_action());
  if (asking.refused.has_value()) return *asking.refused;
  if (asking.free) return Refuse(v1::ERROR_REASON_ACTION_IS_FREE);
  const absl::Time expire = request.has_expire_time() ? TimeOf(request.expire_time()) : asked.now + kDefaultLife;
  if (auto refused = ExpiryRefused(asked, request.has_expire_time(), expire)) return *refused;
  Question& question = asking.question;
  question.holds = true;
  question.cost_limit = request.gated_action().cost_limit_micros();
  const Ruling ruling = Rule(world, question, asked.now);
  v1::PlaceHoldResponse response;
  if (!ruling.bindings.empty()) {
    bool recorded = false;
    *response.mutable_decision() =
        Deny(world, question, ruling, asked, asked.Seen<v1::PlaceHoldResponse>().decision(), true, recorded);
    response.set_position(response.decision().position());
    Answer answer = Give(std::move(response));
    answer.written = recorded;
    return answer;
  }
  Hold& hold = world.holds[asked.position];
  hold = {.number = asked.position,
          .account = question.payer,
          .user = question.user,
          .project = question.project,
          .action = question.action,
          .category = question.category,
          .expire = expire,
          .cost_limit = Narrow(question.cost_limit),
          .budgets = ruling.budgets};
  SetAside(world, hold, question.cost - ruling.share.micros, ruling.share, asked.now);
  *response.mutable_decision() = Allowed(world, hold, ruling, asked);
  ShowHold(world, hold, *response.mutable_hold());
  response.set_position(asked.position);
  return Give(std::move(response));
}

Hold* FindOpen(World& world, const std::string& id) {
  const auto found = world.holds.find(NumberOf(id));
  return found == world.holds.end() || found->second.expired ? nullptr : &found->second;
}

Answer ExtendHold(World& world, const Asked& asked, const v1::ExtendHoldRequest& request) {
  Hold* hold = FindOpen(world, request.hold_id());
  if (hold == nullptr) return Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN);
  const absl::Time expire = request.has_expire_time() ? TimeOf(request.expire_time()) : hold->expire;
  if (auto refused = ExpiryRefused(asked, request.has_expire_time(), expire)) return *refused;
  const Question question{.user = hold->user,
                          .project = hold->project,
                          .action = hold->action,
                          .category = hold->category,
                          .payer = hold->account,
                          .cost = request.additional_micros(),
                          .holds = true,
                          .cost_limit = hold->cost_limit,
                          .cost_so_far = hold->captured + Total(hold->pieces) + Total(hold->sponsored),
                          .extended = hold};
  Ruling ruling = Rule(world, question, asked.now);
  v1::ExtendHoldResponse response;
  if (request.additional_micros() > 0 && !ruling.bindings.empty()) {
    bool recorded = false;
    *response.mutable_decision() =
        Deny(world, question, ruling, asked, asked.Seen<v1::ExtendHoldResponse>().decision(), true, recorded);
    response.set_position(response.decision().position());
    Answer answer = Give(std::move(response));
    answer.written = recorded;
    return answer;
  }
  if (request.additional_micros() == 0) ruling.share = {};
  Account& account = world.accounts[hold->account];
  const std::vector<Piece> added = SetAside(world, *hold, question.cost - ruling.share.micros, ruling.share, asked.now);
  hold->expire = expire;
  *response.mutable_decision() = Allowed(world, *hold, ruling, asked);
  response.set_hold_id(request.hold_id());
  response.set_billing_account(account.id);
  response.set_currency(account.currency);
  response.set_held_micros(Narrow(Total(hold->pieces)));
  Show(account, added, *response.mutable_added());
  *response.mutable_expire_time() = ToTimestamp(hold->expire);
  response.set_position(asked.position);
  return Give(std::move(response));
}

// What a capture costs in all, priced where a quantity was given.
struct Cost {
  std::optional<v1::ErrorReason> refused;
  int64_t micros = 0;
  std::optional<Priced> priced;
};

Cost CostOf(World& world, const Account& account, const v1::CaptureHoldRequest& request, absl::Time now) {
  Cost cost;
  if (request.cost_case() != v1::CaptureHoldRequest::kUsage) {
    cost.micros = request.amount_micros();
    return cost;
  }
  if (request.usage().quantity() < 0) {
    cost.refused = v1::ERROR_REASON_INVALID_FIELD;
    return cost;
  }
  cost.priced = PriceUsage(world, account, request.usage(), now);
  cost.refused = cost.priced->refused;
  if (!cost.refused.has_value() && cost.priced->absurd) cost.refused = v1::ERROR_REASON_AMOUNT_TOO_LARGE;
  cost.micros = cost.priced->micros;
  return cost;
}

void ShowCharge(World& world, const Charge& charge, const std::string& action, const std::optional<Priced>& priced,
                Wide overshoot, v1::Charge& shown) {
  const Account& account = world.accounts[charge.account];
  shown.set_charge_id(Name("charge", charge.number));
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_amount_micros(Narrow(Total(charge.pieces)));
  Show(account, charge.pieces, *shown.mutable_parts());
  shown.set_category(charge.category);
  shown.set_user_id(charge.user);
  shown.set_project_id(charge.project);
  shown.set_action(action);
  shown.set_hold_id(Name("hold", charge.hold));
  if (priced.has_value()) *shown.mutable_usage() = priced->shown;
  *shown.mutable_charge_time() = ToTimestamp(charge.time);
  shown.set_overshoot_micros(Narrow(overshoot));
  if (charge.sponsored.empty()) return;
  shown.set_sponsored_micros(Narrow(Total(charge.sponsored)));
  shown.set_sponsor_billing_account(charge.sponsor);
}

void ShowOrders(const std::vector<Order>& orders, uint64_t hold, v1::CaptureHoldResponse& response) {
  for (const Order& order : orders) {
    if (order.hold != hold) {
      response.add_other_terminated_hold_ids(Name("hold", order.hold));
      continue;
    }
    response.set_terminate(true);
    response.set_terminate_reason(order.reason);
    response.set_terminate_overshoot_micros(Narrow(order.overshoot));
  }
}

// Of a hold that had expired: as usage, of the action.
Answer CaptureLate(World& world, const Asked& asked, const v1::CaptureHoldRequest& request, const Hold& hold) {
  const std::string payer = world.Present(hold.account);
  Account& account = world.accounts[payer];
  const Cost cost = CostOf(world, account, request, asked.now);
  if (cost.refused.has_value()) return Refuse(*cost.refused);
  const std::string user = world.Present(hold.user);
  const Share share = ShareOf(world, cost.micros, user, payer, hold.action, "", asked.now, asked.now);
  const Wide own = cost.micros - share.micros;
  const std::vector<Piece> drawn = Draw(account, own, hold.action, asked.now);
  if (IsTooLarge(account, own)) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);

  Charge& charge = world.charges[asked.position];
  charge = {.number = asked.position,
            .account = payer,
            .category = cost.priced.has_value() ? cost.priced->price.category() : hold.category,
            .user = user,
            .project = hold.project,
            .hold = hold.number,
            .pieces = drawn,
            .time = asked.now};
  const Wide funds = Funds(account, hold.action, asked.now);
  const Wide overshoot = std::max<Wide>(0, own - std::max<Wide>(0, funds));
  for (const Piece& piece : drawn) {
    account.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kCharged, piece.micros);
  }
  if (cost.priced.has_value()) account.remainders[cost.priced->price.per_quantity()] = cost.priced->remainder;
  if (own != 0) account.charged_by_category[charge.category] += own;
  charge.uses = UseBudgets(account, user, charge.project, charge.category, own, asked.now);
  Notice(account, false, 0, asked.now);
  if (share.micros > 0) {
    Account& sponsor = world.accounts[share.sponsor];
    charge.sponsorship = share.sponsorship;
    charge.sponsor = share.sponsor;
    charge.month_start = share.month_start;
    charge.month_end = share.month_end;
    charge.sponsored = Draw(sponsor, share.micros, hold.action, asked.now);
    for (const Piece& piece : charge.sponsored) {
      sponsor.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kCharged, piece.micros);
    }
    sponsor.charged_by_category[charge.category] += share.micros;
    Notice(sponsor, false, 0, asked.now);
    CountShare(world, share.sponsorship, payer, share.month_start, share.month_end, share.micros, 0);
  }
  v1::CaptureHoldResponse response;
  ShowCharge(world, charge, hold.action, cost.priced, overshoot, *response.mutable_charge());
  response.set_closed(true);
  response.set_funds_micros(Narrow(Funds(account, "", asked.now)));
  response.set_position(asked.position);
  ShowOrders(StopWorkOnNothing(world, account, charge.uses, asked.now), hold.number, response);
  return Give(std::move(response));
}

// What the sponsor of a hold pays of a captured cost.
void CaptureSponsored(World& world, Hold& hold, Wide cost, Charge& charge, absl::Time now) {
  if (hold.sponsored.empty()) return;
  int percent = 0;
  for (const Sponsorship& sponsorship : world.sponsorships) {
    if (sponsorship.policy.sponsorship_id() == hold.sponsorship) percent = sponsorship.policy.share_percent();
  }
  const Wide micros = std::min(cost * percent / 100, Total(hold.sponsored));
  Account& sponsor = world.accounts[hold.sponsor];
  charge.sponsorship = hold.sponsorship;
  charge.sponsor = hold.sponsor;
  charge.month_start = hold.month_start;
  charge.month_end = hold.month_end;
  charge.sponsored = TakeFirst(hold.sponsored, micros);
  PutAll(sponsor, charge.sponsored, kHeld, kCharged);
  if (micros > 0) sponsor.charged_by_category[charge.category] += micros;
  Notice(sponsor, false, 0, now);
  CountShare(world, hold.sponsorship, hold.account, hold.month_start, hold.month_end, micros, -micros);
}

Answer CaptureHold(World& world, const Asked& asked, const v1::CaptureHoldRequest& request) {
  const auto found = world.holds.find(NumberOf(request.hold_id()));
  if (found == world.holds.end()) return Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN);
  Hold& hold = found->second;
  if (hold.expired) {
    if (asked.now >= hold.expired_at + kLateCaptures) return Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN);
    // When its expiry was written is not shown; thirty days are counted from then.
    const bool foggy = asked.now >= hold.expire + kLateCaptures;
    Answer answer = foggy && asked.seen == nullptr ? Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN)
                                                   : CaptureLate(world, asked, request, hold);
    return answer;
  }
  Account& account = world.accounts[hold.account];
  const Cost cost = CostOf(world, account, request, asked.now);
  if (cost.refused.has_value()) return Refuse(*cost.refused);

  Charge charge{.number = asked.position,
                .account = hold.account,
                .category = cost.priced.has_value() ? cost.priced->price.category() : hold.category,
                .user = hold.user,
                .project = hold.project,
                .hold = hold.number,
                .time = asked.now};
  int percent = 0;
  for (const Sponsorship& sponsorship : world.sponsorships) {
    if (sponsorship.policy.sponsorship_id() == hold.sponsorship) percent = sponsorship.policy.share_percent();
  }
  const Wide sponsored = std::min(Wide(cost.micros) * percent / 100, Total(hold.sponsored));
  const Wide own = cost.micros - sponsored;
  const Wide within = std::min(own, Total(hold.pieces));
  const std::vector<Piece> beyond = Draw(account, own - within, hold.action, asked.now);
  if (own > within && IsTooLarge(account, own - within)) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);

  const Wide funds_before = Funds(account, hold.action, asked.now);
  const Wide overshoot = std::max<Wide>(0, own - within - std::max<Wide>(0, funds_before));
  CaptureSponsored(world, hold, cost.micros, charge, asked.now);
  charge.pieces = TakeFirst(hold.pieces, within);
  PutAll(account, charge.pieces, kHeld, kCharged);
  for (const Piece& piece : beyond) {
    account.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kCharged, piece.micros);
    charge.pieces.push_back(piece);
  }
  if (cost.priced.has_value()) account.remainders[cost.priced->price.per_quantity()] = cost.priced->remainder;
  if (own != 0) account.charged_by_category[charge.category] += own;
  hold.captured += cost.micros;
  charge.uses = UseBudgets(account, hold.user, hold.project, charge.category, own, asked.now);

  v1::CaptureHoldResponse response;
  ShowCharge(world, charge, hold.action, cost.priced, overshoot, *response.mutable_charge());
  if (request.last()) {
    ShowReturned(account, hold.pieces, asked.now, *response.mutable_returned());
    GiveBack(account, hold.pieces, kHeld, asked.now);
    hold.pieces.clear();
    ReturnSponsored(world, hold, asked.now);
  }
  Notice(account, false, 0, asked.now);
  response.set_held_micros(Narrow(Total(hold.pieces)));
  response.set_closed(request.last());
  response.set_funds_micros(Narrow(Funds(account, hold.action, asked.now)));
  response.set_position(asked.position);
  // With the last capture the work is over.
  response.set_terminate(hold.terminating && !request.last());
  const uint64_t number = hold.number;
  std::vector<Order> orders;
  if (!request.last() && !hold.terminating && hold.cost_limit > 0 && hold.captured >= hold.cost_limit) {
    hold.terminating = true;
    orders.push_back(
        {.hold = number, .reason = v1::ERROR_REASON_COST_LIMIT_EXCEEDED, .overshoot = hold.captured - hold.cost_limit});
  }
  if (request.last()) world.holds.erase(found);
  for (const Order& order : StopWorkOnNothing(world, account, charge.uses, asked.now)) orders.push_back(order);
  ShowOrders(orders, number, response);
  world.charges[charge.number] = charge;
  return Give(std::move(response));
}

Answer ReleaseHold(World& world, const Asked& asked, const v1::ReleaseHoldRequest& request) {
  Hold* hold = FindOpen(world, request.hold_id());
  if (hold == nullptr) return Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN);
  Account& account = world.accounts[hold->account];
  v1::ReleaseHoldResponse response;
  response.set_hold_id(request.hold_id());
  response.set_billing_account(account.id);
  response.set_currency(account.currency);
  response.set_returned_micros(Narrow(Total(hold->pieces)));
  ShowReturned(account, hold->pieces, asked.now, *response.mutable_returned());
  ReturnSponsored(world, *hold, asked.now);
  GiveBack(account, hold->pieces, kHeld, asked.now);
  Notice(account, false, 0, asked.now);
  response.set_funds_micros(Narrow(Funds(account, hold->action, asked.now)));
  response.set_position(asked.position);
  world.holds.erase(hold->number);
  return Give(std::move(response));
}

Answer GetHold(World& world, const Asked& asked, const v1::GetHoldRequest& request) {
  const Hold* hold = FindOpen(world, request.hold_id());
  const bool may = IsStaff(asked) ||
                   (hold != nullptr && (hold->user == asked.person || SeesCosts(world, asked.person, hold->account)));
  if (!may) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (hold == nullptr) return Refuse(v1::ERROR_REASON_HOLD_NOT_OPEN);
  v1::GetHoldResponse response;
  ShowHold(world, *hold, *response.mutable_hold());
  response.mutable_hold()->set_captured_micros(Narrow(hold->captured));
  response.mutable_hold()->set_terminating(hold->terminating);
  response.set_position(asked.position);
  return Tell(std::move(response));
}

void ExpireHolds(World& world, absl::Time now) {
  for (auto& [number, hold] : world.holds) {
    if (hold.expired || hold.expire > now) continue;
    ReturnSponsored(world, hold, now);
    Account& account = world.accounts[hold.account];
    GiveBack(account, hold.pieces, kHeld, now);
    hold.pieces.clear();
    hold.expired = true;
    hold.expired_at = now;
    Notice(account, false, 0, now);
  }
}

// What is left of a credit leaves when its time is over; one of the future comes to count.
void AgeCredits(Account& account, absl::Time now) {
  for (size_t lot = 1; lot <= account.credits.size(); ++lot) {
    Credit& credit = account.credits[lot - 1];
    if (credit.over || credit.gone) continue;
    if (!credit.counted && credit.InForce(now)) {
      credit.counted = true;
      const Wide spendable = credit.actions.empty() ? account.Add()[lot][kAvailable] : Wide(0);
      Notice(account, true, Funds(account, "", now) - spendable, now);
    }
    if (credit.expire <= now) {
      const Wide left = account.Add()[lot][kAvailable];
      credit.over = !credit.revoked;
      account.Put(lot, kAvailable, kExpired, Narrow(left));
      Notice(account, false, 0, now);
    }
  }
}

void EndLimits(World& world, Account& account, absl::Time now) {
  if (account.limit_end <= now) {
    account.limit = account.limit_afterwards;
    account.limit_end = absl::InfiniteFuture();
    Notice(account, false, 0, now);
  }
  if (account.open_increase == 0) return;
  v1::LimitIncrease& increase = world.increases[account.open_increase];
  if (TimeOf(increase.expire_time()) > now) return;
  increase.set_status(v1::LimitIncrease::STATUS_EXPIRED);
  *increase.mutable_decision_time() = ToTimestamp(now);
  account.open_increase = 0;
}

}  // namespace

void Due(World& world, absl::Time now) {
  ExpireHolds(world, now);
  for (auto& [id, account] : world.accounts) {
    AgeCredits(account, now);
    EndLimits(world, account, now);
  }
}

void AddHolds(Handlers& handlers) {
  On<v1::PlaceHoldRequest>(handlers, PlaceHold);
  On<v1::ExtendHoldRequest>(handlers, ExtendHold);
  On<v1::CaptureHoldRequest>(handlers, CaptureHold);
  On<v1::ReleaseHoldRequest>(handlers, ReleaseHold);
  On<v1::GetHoldRequest>(handlers, GetHold);
}

}  // namespace bursar::oracle

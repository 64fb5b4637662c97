// Metered usage, and what is set aside instead of charged.
#include <algorithm>

#include "tests/oracle/charging.h"
#include "tests/oracle/gate.h"
#include "tests/oracle/money.h"
#include "tests/oracle/usage.h"

namespace bursar::oracle {
namespace {

void ChargeUsage(World& world, const Asked& asked, Account& account, const std::string& user,
                 const std::string& project, const Priced& priced, v1::Charge& shown) {
  const absl::Time when = TimeOf(priced.shown.usage_time());
  const Share share = ShareOf(world, priced.micros, user, account.id, "", priced.shown.sku(), when, asked.now);
  const Wide own = priced.micros - share.micros;
  const Wide funds = Funds(account, "", asked.now);
  Charge& charge = world.charges[asked.position];
  charge = {.number = asked.position,
            .account = account.id,
            .category = priced.price.category(),
            .user = user,
            .project = project,
            .pieces = Draw(account, own, "", asked.now),
            .time = asked.now};
  for (const Piece& piece : charge.pieces) {
    account.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kCharged, piece.micros);
  }
  account.remainders[priced.price.per_quantity()] = priced.remainder;
  if (own != 0) account.charged_by_category[charge.category] += own;
  charge.uses = UseBudgets(account, user, project, charge.category, own, asked.now);
  Notice(account, false, 0, asked.now);
  if (share.micros > 0) {
    Account& sponsor = world.accounts[share.sponsor];
    charge.sponsorship = share.sponsorship;
    charge.sponsor = share.sponsor;
    charge.month_start = share.month_start;
    charge.month_end = share.month_end;
    charge.sponsored = Draw(sponsor, share.micros, "", asked.now);
    for (const Piece& piece : charge.sponsored) {
      sponsor.Put(piece.lot, piece.lot == 0 ? kOutside : kAvailable, kCharged, piece.micros);
    }
    sponsor.charged_by_category[charge.category] += share.micros;
    Notice(sponsor, false, 0, asked.now);
    CountShare(world, share.sponsorship, account.id, share.month_start, share.month_end, share.micros, 0);
  }
  shown.set_charge_id(Name("charge", charge.number));
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_amount_micros(Narrow(own));
  Show(account, charge.pieces, *shown.mutable_parts());
  shown.set_category(charge.category);
  shown.set_user_id(user);
  shown.set_project_id(project);
  *shown.mutable_usage() = priced.shown;
  *shown.mutable_charge_time() = ToTimestamp(asked.now);
  shown.set_overshoot_micros(Narrow(std::max<Wide>(0, own - std::max<Wide>(0, funds))));
  if (!charge.sponsored.empty()) {
    shown.set_sponsored_micros(Narrow(share.micros));
    shown.set_sponsor_billing_account(share.sponsor);
  }
  StopWorkOnNothing(world, account, charge.uses, asked.now);
}

// Of the payer's part.
bool Overflows(World& world, const Account& account, const std::string& user, const Priced& priced, absl::Time now) {
  const absl::Time when = TimeOf(priced.shown.usage_time());
  const Share share = ShareOf(world, priced.micros, user, account.id, "", priced.shown.sku(), when, now);
  return IsTooLarge(account, priced.micros - share.micros);
}

}  // namespace

Answer RecordOne(World& world, const Asked& asked, const v1::UsageRecord& record, const v1::UsageResult& seen) {
  const std::string user = world.Present(record.user_id());
  if (world.FindUser(user) == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (!record.project_id().empty() && world.projects.count(record.project_id()) == 0) {
    return Refuse(v1::ERROR_REASON_PROJECT_NOT_FOUND);
  }
  Account* account = world.FindAccount(PayerOf(world, record.bill_to(), record.project_id(), user));
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  const Priced priced = PriceUsage(world, *account, record.usage(), asked.now);
  if (priced.refused.has_value()) return Refuse(*priced.refused);
  v1::UsageResult result;
  result.set_record_id(record.record_id());
  const bool beyond = priced.price.has_most_quantity() && record.usage().quantity() > priced.price.most_quantity();
  if (record.usage().quantity() < 0 || beyond || priced.absurd) {
    v1::QuarantinedUsage& aside = *result.mutable_quarantine();
    aside.set_quarantine_id(Name("quarantine", asked.position));
    aside.set_billing_account(account->id);
    aside.set_user_id(user);
    aside.set_project_id(record.project_id());
    *aside.mutable_usage() = record.usage();
    *aside.mutable_usage()->mutable_usage_time() = priced.shown.usage_time();
    aside.set_problem(seen.quarantine().problem());
    *aside.mutable_record_time() = ToTimestamp(asked.now);
    world.quarantine[asked.position] = aside;
    return Give(std::move(result));
  }
  if (Overflows(world, *account, user, priced, asked.now)) return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);
  ChargeUsage(world, asked, *account, user, record.project_id(), priced, *result.mutable_charge());
  return Give(std::move(result));
}

namespace {

Answer ReleaseQuarantinedUsage(World& world, const Asked& asked, const v1::ReleaseQuarantinedUsageRequest& request) {
  const auto found = world.quarantine.find(NumberOf(request.quarantine_id()));
  if (found == world.quarantine.end()) return Refuse(v1::ERROR_REASON_NOT_QUARANTINED);
  const v1::QuarantinedUsage& aside = found->second;
  v1::Usage usage = aside.usage();
  if (request.quantity() != 0) usage.set_quantity(request.quantity());
  if (usage.quantity() < 0) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  Account& account = world.accounts[world.Present(aside.billing_account())];
  const Priced priced = PriceUsage(world, account, usage, asked.now);
  if (priced.refused.has_value()) return Refuse(*priced.refused);
  if (priced.absurd || Overflows(world, account, world.Present(aside.user_id()), priced, asked.now)) {
    return Refuse(v1::ERROR_REASON_AMOUNT_TOO_LARGE);
  }
  v1::ReleaseQuarantinedUsageResponse response;
  ChargeUsage(world, asked, account, world.Present(aside.user_id()), aside.project_id(), priced,
              *response.mutable_charge());
  response.set_funds_micros(Narrow(Funds(account, "", asked.now)));
  response.set_position(asked.position);
  world.quarantine.erase(found);
  return Give(std::move(response));
}

Answer DiscardQuarantinedUsage(World& world, const Asked& asked, const v1::DiscardQuarantinedUsageRequest& request) {
  if (world.quarantine.erase(NumberOf(request.quarantine_id())) == 0) {
    return Refuse(v1::ERROR_REASON_NOT_QUARANTINED);
  }
  v1::DiscardQuarantinedUsageResponse response;
  response.set_quarantine_id(request.quarantine_id());
  response.set_position(asked.position);
  return Give(std::move(response));
}

}  // namespace

void AddUsage(Handlers& handlers) {
  On<v1::ReleaseQuarantinedUsageRequest>(handlers, ReleaseQuarantinedUsage);
  On<v1::DiscardQuarantinedUsageRequest>(handlers, DiscardQuarantinedUsage);
}

}  // namespace bursar::oracle

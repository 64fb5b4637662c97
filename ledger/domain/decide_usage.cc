// Usage has happened: it is charged whatever funds there are, unless it cannot be right.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

// Whose usage it was, and who pays.
struct Record {
  const User& user;
  ProjectId project;
  const BillingAccount& payer;
  const Metered& metered;
};

// A price, or what makes it plain that the quantity is wrong.
struct Appraisal {
  PricedUsage priced;
  std::string problem;
};

// INVALID_FIELD and NO_PRICE refuse: such a record is no record.
absl::StatusOr<Appraisal> Appraise(const Record& record, const Context& context) {
  if (record.metered.quantity < 0) {
    Metered nothing = record.metered;
    nothing.quantity = 0;
    const auto known = PriceUsage(nothing, record.payer, context.state, context.now);
    if (!known.ok()) return known.status();
    return Appraisal{.priced = {}, .problem = "The quantity is negative."};
  }
  auto priced = PriceUsage(record.metered, record.payer, context.state, context.now);
  if (!priced.ok()) {
    if (ReasonOf(priced.status()) != NameOf(Reason::kAmountTooLarge)) return priced.status();
    return Appraisal{.priced = {}, .problem = "The price is more than a billing account can hold."};
  }
  Appraisal appraisal{.priced = *std::move(priced), .problem = ""};
  const int64_t most = appraisal.priced.most_quantity;
  if (most > 0 && record.metered.quantity > most) {
    appraisal.problem = absl::StrCat("The quantity is more than the ", most, " that the price list expects at most.");
  }
  return appraisal;
}

Decision Quarantined(const Record& record, const std::string& problem, const Context& context) {
  Event event;
  auto& quarantined = *event.mutable_usage_quarantined();
  quarantined.set_quarantine(context.position());
  quarantined.set_billing_account(record.payer.id.text());
  quarantined.set_currency(record.payer.currency);
  quarantined.set_user_id(record.user.id.text());
  quarantined.set_project(record.project.number());
  quarantined.set_sku(record.metered.sku);
  quarantined.set_region(record.metered.region);
  quarantined.set_quantity(record.metered.quantity);
  quarantined.set_usage_time(absl::ToUnixMicros(record.metered.usage_time.value_or(context.now)));
  quarantined.set_problem(problem);
  return Happened(std::move(event));
}

absl::StatusOr<Decision> Charge(const Record& record, PricedUsage priced, const Context& context) {
  return ChargeUsage(
      {.payer = record.payer, .user = record.user.id, .project = record.project, .priced = std::move(priced)}, context);
}

}  // namespace

// What names a merged user, or bills to one, is the survivor's.
absl::StatusOr<Decision> DecideUsage(const RecordUsage& command, const Context& context) {
  const State& state = context.state;
  const User* user = state.Find(state.Present(command.user));
  if (user == nullptr) return UserNotFound(command.user);
  const Project* project = state.Find(command.project);
  if (project == nullptr && !command.project.empty()) return ProjectNotFound(command.project);
  const BillingAccountId& default_payer = project != nullptr ? project->payer : user->default_payer;
  const BillingAccountId& payer = command.bill_to.empty() ? default_payer : command.bill_to;
  const BillingAccount* account = state.Find(state.Present(payer));
  if (account == nullptr) return BillingAccountNotFound(payer);

  const Record record{.user = *user, .project = command.project, .payer = *account, .metered = command.metered};
  auto appraisal = Appraise(record, context);
  if (!appraisal.ok()) return appraisal.status();
  if (!appraisal->problem.empty()) return Quarantined(record, appraisal->problem, context);
  return Charge(record, std::move(appraisal->priced), context);
}

// As an operator sees it, it may be more than the price list expects; less than nothing it cannot be.
absl::StatusOr<Decision> DecideUsage(const ReleaseQuarantinedUsage& command, const Context& context) {
  const State& state = context.state;
  const auto found = state.quarantined.find(command.quarantine);
  if (found == state.quarantined.end()) return NotQuarantined(command.quarantine);
  const QuarantinedUsage& quarantined = found->second;
  Metered metered = quarantined.metered;
  metered.quantity = command.quantity.value_or(metered.quantity);
  if (metered.quantity < 0)
    return InvalidField("quantity", "is negative; say what it has to be, or discard the record");
  const User* user = state.Find(state.Present(quarantined.user));
  const BillingAccount* account = state.Find(state.Present(quarantined.account));
  BURSAR_CHECK(user != nullptr && account != nullptr);
  auto priced = PriceUsage(metered, *account, state, context.now);
  if (!priced.ok()) return priced.status();

  auto decision = Charge({.user = *user, .project = quarantined.project, .payer = *account, .metered = metered},
                         *std::move(priced), context);
  if (!decision.ok()) return decision.status();
  Event event;
  auto& released = *event.mutable_quarantine_released();
  released.set_quarantine(command.quarantine.number());
  released.set_billing_account(account->id.text());
  released.set_quantity(metered.quantity);
  decision->events.insert(decision->events.begin(), std::move(event));
  return decision;
}

absl::StatusOr<Decision> DecideUsage(const DiscardQuarantinedUsage& command, const Context& context) {
  const auto found = context.state.quarantined.find(command.quarantine);
  if (found == context.state.quarantined.end()) return NotQuarantined(command.quarantine);
  Event event;
  auto& discarded = *event.mutable_quarantine_discarded();
  discarded.set_quarantine(command.quarantine.number());
  discarded.set_billing_account(found->second.account.text());
  discarded.set_reason(command.reason);
  return Happened(std::move(event));
}

}  // namespace bursar

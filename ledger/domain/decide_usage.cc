// Usage has happened: it is charged whatever funds there are, unless it cannot be right.
#include <optional>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/sponsorship.h"

namespace bursar {
namespace {

using storage::v1::Event;

// Whose usage it was, and who pays.
struct Usage {
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
absl::StatusOr<Appraisal> Appraise(const Usage& usage, const Context& context) {
  if (usage.metered.quantity < 0) {
    Metered nothing = usage.metered;
    nothing.quantity = 0;
    const auto known = PriceUsage(nothing, usage.payer, context.state, context.now);
    if (!known.ok()) return known.status();
    return Appraisal{.priced = {}, .problem = "The quantity is negative."};
  }
  auto priced = PriceUsage(usage.metered, usage.payer, context.state, context.now);
  if (!priced.ok()) {
    if (ReasonOf(priced.status()) != NameOf(Reason::kAmountTooLarge)) return priced.status();
    return Appraisal{.priced = {}, .problem = "The price is more than a billing account can hold."};
  }
  Appraisal appraisal{.priced = *std::move(priced), .problem = ""};
  const int64_t most = appraisal.priced.most_quantity;
  if (most > 0 && usage.metered.quantity > most) {
    appraisal.problem = absl::StrCat("The quantity is more than the ", most, " that the price list expects at most.");
  }
  return appraisal;
}

Decision Quarantined(const Usage& usage, const std::string& problem, const Context& context) {
  Event event;
  auto& quarantined = *event.mutable_usage_quarantined();
  quarantined.set_quarantine(context.position());
  quarantined.set_billing_account(usage.payer.id.text());
  quarantined.set_currency(usage.payer.currency);
  quarantined.set_user_id(usage.user.id.text());
  quarantined.set_project(usage.project.number());
  quarantined.set_sku(usage.metered.sku);
  quarantined.set_region(usage.metered.region);
  quarantined.set_quantity(usage.metered.quantity);
  quarantined.set_usage_time(absl::ToUnixMicros(usage.metered.usage_time.value_or(context.now)));
  quarantined.set_problem(problem);
  return Happened(std::move(event));
}

void ChargeSponsor(Events& events, const SponsorShare& share, const Usage& usage, const std::string& category,
                   absl::Time now) {
  const auto parts = share.sponsor->balance.Draw(share.amount, "", now);
  auto& charged = *events.emplace_back().mutable_sponsorship_charged();
  charged = ChargedTo(share, usage.payer);
  charged.set_user_id(usage.user.id.text());
  charged.set_project(usage.project.number());
  charged.set_category(category);
  charged.mutable_drawn()->Assign(parts.begin(), parts.end());
}

// Adds what the usage costs to `events`: the payer's part, and a sponsor's. AMOUNT_TOO_LARGE.
absl::Status Charge(Events& events, const Usage& usage, PricedUsage priced, const Context& context) {
  const absl::Time usage_time = usage.metered.usage_time.value_or(context.now);
  const SponsorShare share =
      ShareOf(priced.cost,
              {.user = usage.user, .payer = usage.payer, .action = "", .sku = usage.metered.sku, .time = usage_time},
              context.state, context.now);
  const Money cost = priced.cost - share.amount;
  const Balance& balance = usage.payer.balance;
  if (auto status = CheckRoomForDebt(cost, balance); !status.ok()) return status;
  if (auto status = CheckRoomForCharge(cost, balance); !status.ok()) return status;

  const auto parts = balance.Draw(cost, "", context.now);
  const Money funds = balance.Funds(context.now) - cost;
  auto& charged = *events.emplace_back().mutable_usage_charged();
  charged.set_billing_account(usage.payer.id.text());
  charged.set_currency(usage.payer.currency);
  charged.set_user_id(usage.user.id.text());
  charged.set_project(usage.project.number());
  charged.set_category(priced.category);
  *charged.mutable_metered() = std::move(priced.metered);
  charged.mutable_drawn()->Assign(parts.begin(), parts.end());
  charged.set_funds_after_micros(funds.micros());
  if (share.amount > Money()) ChargeSponsor(events, share, usage, priced.category, context.now);
  NoticeFunds(events, usage.payer, funds);
  if (share.amount > Money()) {
    NoticeFunds(events, *share.sponsor, share.sponsor->balance.Funds(context.now) - share.amount);
  }
  return absl::OkStatus();
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

  const Usage usage{.user = *user, .project = command.project, .payer = *account, .metered = command.metered};
  auto appraisal = Appraise(usage, context);
  if (!appraisal.ok()) return appraisal.status();
  if (!appraisal->problem.empty()) return Quarantined(usage, appraisal->problem, context);
  Decision decision;
  if (auto status = Charge(decision.events, usage, std::move(appraisal->priced), context); !status.ok()) return status;
  return decision;
}

// As an operator sees it, it may be more than the price list expects; less than nothing it cannot be.
absl::StatusOr<Decision> DecideUsage(const ReleaseQuarantinedUsage& command, const Context& context) {
  const State& state = context.state;
  const auto found = state.quarantined.find(command.quarantine);
  if (found == state.quarantined.end()) return NotQuarantined(command.quarantine);
  const QuarantinedUsage& record = found->second;
  Metered metered = record.metered;
  metered.quantity = command.quantity.value_or(metered.quantity);
  if (metered.quantity < 0)
    return InvalidField("quantity", "is negative; say what it has to be, or discard the record");
  const User* user = state.Find(state.Present(record.user));
  const BillingAccount* account = state.Find(state.Present(record.account));
  BURSAR_CHECK(user != nullptr && account != nullptr);
  auto priced = PriceUsage(metered, *account, state, context.now);
  if (!priced.ok()) return priced.status();

  Event event;
  auto& released = *event.mutable_quarantine_released();
  released.set_quarantine(command.quarantine.number());
  released.set_billing_account(account->id.text());
  released.set_quantity(metered.quantity);
  Decision decision = Happened(std::move(event));
  const Usage usage{.user = *user, .project = record.project, .payer = *account, .metered = metered};
  if (auto status = Charge(decision.events, usage, *std::move(priced), context); !status.ok()) return status;
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

// Usage has happened: it is charged whatever funds there are.
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/refusals.h"

namespace bursar {

using storage::v1::Event;

absl::StatusOr<Decision> DecideUsage(const RecordUsage& command, const Context& context) {
  const State& state = context.state;
  const User* user = state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  const Project* project = state.Find(command.project);
  if (project == nullptr && !command.project.empty()) return ProjectNotFound(command.project);
  const BillingAccountId& default_payer = project != nullptr ? project->payer : user->default_payer;
  const BillingAccountId& payer = command.bill_to.empty() ? default_payer : command.bill_to;
  const BillingAccount* account = state.Find(payer);
  if (account == nullptr) return BillingAccountNotFound(payer);
  auto priced = PriceUsage(command.metered, *account, state, context.now);
  if (!priced.ok()) return priced.status();
  if (auto status = CheckRoomForDebt(priced->cost, account->balance); !status.ok()) return status;
  if (auto status = CheckRoomForCharge(priced->cost, account->balance); !status.ok()) return status;

  const auto parts = account->balance.Draw(priced->cost, "", context.now);
  const Money funds = account->balance.Funds(context.now) - priced->cost;
  Event event;
  auto& charged = *event.mutable_usage_charged();
  charged.set_billing_account(account->id.text());
  charged.set_currency(account->currency);
  charged.set_user_id(command.user.text());
  charged.set_project(command.project.number());
  charged.set_category(priced->category);
  *charged.mutable_metered() = std::move(priced->metered);
  charged.mutable_drawn()->Assign(parts.begin(), parts.end());
  charged.set_funds_after_micros(funds.micros());
  Decision decision = Happened(std::move(event));
  NoticeFunds(decision.events, *account, funds);
  return decision;
}

}  // namespace bursar

// Usage has happened: it is charged whatever funds there are.
#include "ledger/base/check.h"
#include "ledger/domain/charging.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {

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
  return ChargeUsage(
      {.payer = *account, .user = command.user, .project = command.project, .priced = *std::move(priced)}, context);
}

}  // namespace bursar

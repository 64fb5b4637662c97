// Where a user's work is billed: the default payer, and projects.
#include "ledger/domain/context.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

absl::Status MayBill(const State& state, const UserId& user, const BillingAccountId& account) {
  const auto barred = BarredFrom(state, user, account);
  if (!barred.has_value()) return absl::OkStatus();
  const auto organization = account.organization();
  return organization.has_value() ? BillableActivitiesNotAllowed(*organization, user) : NotYourBillingAccount(account);
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const SetDefaultPayer& command, const Context& context) {
  if (context.state.Find(command.user) == nullptr) return UserNotFound(command.user);
  if (auto status = MayBill(context.state, command.user, command.billing_account); !status.ok()) return status;
  return Happened(DefaultPayerIs(command.billing_account, command.user));
}

absl::StatusOr<Decision> DecidePeople(const CreateProject& command, const Context& context) {
  const User* user = context.state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  if (user->status == User::Status::kClosed) return UserClosed(user->id);
  const BillingAccountId& payer = command.bill_to.empty() ? user->default_payer : command.bill_to;
  if (auto status = MayBill(context.state, command.user, payer); !status.ok()) return status;
  const GatedAction action{.action = "project.create", .user = command.user, .bill_to = payer};
  const auto verdict = Judge(context.state, action, Purpose::kCheck, context.now);
  if (!verdict.ok()) return verdict.status();
  if (!verdict->allowed()) return DeniedByGate(*verdict->denial);
  Event event;
  auto& created = *event.mutable_project_created();
  created.set_project(context.position());
  created.set_name(command.name);
  created.set_user_id(command.user.text());
  created.set_billing_account(payer.text());
  created.set_region(command.region.empty() ? user->region : command.region);
  if (created.region() != user->region) created.set_home_region(user->region);
  return Happened(event);
}

}  // namespace bursar

// Projects that go to another payer: who may move them, and who has to agree.
#include "ledger/domain/context.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

// What keeps `user`, who may move the project as such, from doing so where its payer allows only admins to.
absl::Status CheckRestriction(const State& state, const UserId& user, const Project& project) {
  const auto id = project.payer.organization();
  const Organization* organization = id.has_value() ? state.Find(*id) : nullptr;
  if (organization == nullptr || !organization->restricts_transfers) return absl::OkStatus();
  return AnswersFor(state, user, project.payer) ? absl::OkStatus() : TransfersRestricted(*id, project.id);
}

// The new payer has to be one that the gate would not turn away.
absl::Status CheckAbleToPay(const BillingAccount& payer, const UserId& user, const Project& project,
                            const Context& context) {
  const GatedAction asked{.action = "", .user = user, .project = project.id, .bill_to = payer.id};
  const Claim claim{.payer = payer,
                    .asked = asked,
                    .category = asked.action,
                    .purpose = Purpose::kCheck,
                    .funds = payer.balance.Funds(context.now)};
  const auto denial = JudgeClaim(context.state, claim, context.now);
  return denial.has_value() ? DeniedByGate(*denial) : absl::OkStatus();
}

Event PayerSet(const Project& project, const BillingAccountId& payer) {
  Event event;
  auto& set = *event.mutable_project_payer_set();
  set.set_project(project.id.number());
  set.set_billing_account(payer.text());
  set.set_previous_billing_account(project.payer.text());
  return event;
}

Event Offered(const Project& project, const BillingAccountId& payer, const UserId& user) {
  Event event;
  auto& offered = *event.mutable_project_transfer_offered();
  offered.set_project(project.id.number());
  offered.set_billing_account(payer.text());
  offered.set_user_id(user.text());
  return event;
}

// An offer stands as long as whoever made it could make it again.
bool StillStands(const State& state, const Project& project) {
  return !project.offered_to.empty() && MayMove(state, project.offered_by, project) &&
         CheckRestriction(state, project.offered_by, project).ok();
}

}  // namespace

absl::StatusOr<Decision> DecideTransfer(const SetProjectPayer& command, const Context& context) {
  const State& state = context.state;
  const Project& project = *state.Find(command.project);
  if (auto status = CheckRestriction(state, command.user, project); !status.ok()) return status;
  const BillingAccount* payer = state.Find(command.bill_to);
  if (payer == nullptr) return BillingAccountNotFound(command.bill_to);
  if (payer->id == project.payer) return InvalidField("bill_to", "pays for the project already");
  const auto owner = payer->id.user();
  if (owner.has_value() && state.Find(*owner)->status == User::Status::kClosed) return UserClosed(*owner);
  if (!AnswersFor(state, command.user, payer->id)) return Happened(Offered(project, payer->id, command.user));
  if (auto status = CheckAbleToPay(*payer, command.user, project, context); !status.ok()) return status;
  return Happened(PayerSet(project, payer->id));
}

absl::StatusOr<Decision> DecideTransfer(const AcceptProjectTransfer& command, const Context& context) {
  const Project& project = *context.state.Find(command.project);
  if (!AnswersFor(context.state, command.user, project.offered_to) || !StillStands(context.state, project)) {
    return NoTransferOffered(project.id);
  }
  const BillingAccount& payer = *context.state.Find(project.offered_to);
  if (auto status = CheckAbleToPay(payer, command.user, project, context); !status.ok()) return status;
  return Happened(PayerSet(project, payer.id));
}

absl::StatusOr<Decision> DecideTransfer(const DeclineProjectTransfer& command, const Context& context) {
  const Project& project = *context.state.Find(command.project);
  const bool receives = AnswersFor(context.state, command.user, project.offered_to);
  const bool offers = !project.offered_to.empty() && project.offered_by == command.user;
  if (!receives && !offers) return NoTransferOffered(project.id);
  Event event;
  event.mutable_project_transfer_declined()->set_project(project.id.number());
  event.mutable_project_transfer_declined()->set_billing_account(project.offered_to.text());
  return Happened(event);
}

}  // namespace bursar

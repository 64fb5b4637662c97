#include "ledger/domain/decide.h"

#include <variant>

#include "ledger/domain/context.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/present.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

// Leads each command to its rule; one operator per topic, so that a forgotten command does not compile.
class Rules {
 public:
  explicit Rules(const Context& context) : context_(context) {}

  absl::StatusOr<Decision> operator()(const PublishPartner& command) const { return DecidePolicy(command, context_); }
  absl::StatusOr<Decision> operator()(const PublishPromotion& command) const { return DecidePolicy(command, context_); }
  absl::StatusOr<Decision> operator()(const PublishTerms& command) const { return DecidePolicy(command, context_); }
  absl::StatusOr<Decision> operator()(const PublishActionCatalogue& command) const {
    return DecidePolicy(command, context_);
  }
  absl::StatusOr<Decision> operator()(const PublishPriceList& command) const { return DecidePolicy(command, context_); }
  absl::StatusOr<Decision> operator()(const PublishSponsorship& command) const {
    return DecidePolicy(command, context_);
  }

  absl::StatusOr<Decision> operator()(const RegisterUser& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const LinkIdentity& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const CloseUser& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const CreateOrganization& command) const {
    return DecidePeople(command, context_);
  }
  absl::StatusOr<Decision> operator()(const InviteMember& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const AcceptInvitation& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const SetMemberAccess& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const RemoveMember& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const SetOrganizationSettings& command) const {
    return DecidePeople(command, context_);
  }
  absl::StatusOr<Decision> operator()(const SetOrganizationExpiry& command) const {
    return DecidePeople(command, context_);
  }
  absl::StatusOr<Decision> operator()(const SetDefaultPayer& command) const { return DecidePeople(command, context_); }
  absl::StatusOr<Decision> operator()(const CreateProject& command) const { return DecidePeople(command, context_); }

  absl::StatusOr<Decision> operator()(const MergeUsers& command) const { return DecideMerge(command, context_); }

  absl::StatusOr<Decision> operator()(const SetProjectPayer& command) const {
    return DecideTransfer(command, context_);
  }
  absl::StatusOr<Decision> operator()(const AcceptProjectTransfer& command) const {
    return DecideTransfer(command, context_);
  }
  absl::StatusOr<Decision> operator()(const DeclineProjectTransfer& command) const {
    return DecideTransfer(command, context_);
  }

  absl::StatusOr<Decision> operator()(const SubmitAccountUpgrade& command) const {
    return DecideBilling(command, context_);
  }
  absl::StatusOr<Decision> operator()(const ResendVerification& command) const {
    return DecideBilling(command, context_);
  }
  absl::StatusOr<Decision> operator()(const ConfirmBilling& command) const { return DecideBilling(command, context_); }
  absl::StatusOr<Decision> operator()(const DeclineBilling& command) const { return DecideBilling(command, context_); }

  absl::StatusOr<Decision> operator()(const RequestBillingChange& command) const {
    return DecideChange(command, context_);
  }
  absl::StatusOr<Decision> operator()(const ApplyBillingChange& command) const {
    return DecideChange(command, context_);
  }
  absl::StatusOr<Decision> operator()(const RecordPurchaseOrder& command) const {
    return DecideOrder(command, context_);
  }

  absl::StatusOr<Decision> operator()(const RequestAssistedSetup& command) const {
    return DecideAssisted(command, context_);
  }
  absl::StatusOr<Decision> operator()(const ScheduleAssistedSetup& command) const {
    return DecideAssisted(command, context_);
  }

  absl::StatusOr<Decision> operator()(const RecordPayment& command) const { return DecideFunds(command, context_); }
  absl::StatusOr<Decision> operator()(const GrantCredit& command) const { return DecideFunds(command, context_); }
  absl::StatusOr<Decision> operator()(const RevokeCredit& command) const { return DecideFunds(command, context_); }
  absl::StatusOr<Decision> operator()(const SetSpendingLimit& command) const { return DecideFunds(command, context_); }

  absl::StatusOr<Decision> operator()(const RequestLimitIncrease& command) const {
    return DecideIncrease(command, context_);
  }
  absl::StatusOr<Decision> operator()(const ApproveLimitIncrease& command) const {
    return DecideIncrease(command, context_);
  }
  absl::StatusOr<Decision> operator()(const DenyLimitIncrease& command) const {
    return DecideIncrease(command, context_);
  }
  absl::StatusOr<Decision> operator()(const WithdrawLimitIncrease& command) const {
    return DecideIncrease(command, context_);
  }

  absl::StatusOr<Decision> operator()(const SetBudget& command) const { return DecideBudget(command, context_); }
  absl::StatusOr<Decision> operator()(const RemoveBudget& command) const { return DecideBudget(command, context_); }

  absl::StatusOr<Decision> operator()(const Check& command) const { return DecideHold(command, context_); }
  absl::StatusOr<Decision> operator()(const PlaceHold& command) const { return DecideHold(command, context_); }
  absl::StatusOr<Decision> operator()(const ExtendHold& command) const { return DecideHold(command, context_); }
  absl::StatusOr<Decision> operator()(const CaptureHold& command) const { return DecideHold(command, context_); }
  absl::StatusOr<Decision> operator()(const ReleaseHold& command) const { return DecideHold(command, context_); }

  absl::StatusOr<Decision> operator()(const RecordUsage& command) const { return DecideUsage(command, context_); }
  absl::StatusOr<Decision> operator()(const ReleaseQuarantinedUsage& command) const {
    return DecideUsage(command, context_);
  }
  absl::StatusOr<Decision> operator()(const DiscardQuarantinedUsage& command) const {
    return DecideUsage(command, context_);
  }

  absl::StatusOr<Decision> operator()(const ReverseCharge& command) const { return DecideReversal(command, context_); }

  absl::StatusOr<Decision> operator()(const AdvanceClock& command) const { return DecideClock(command, context_); }
  absl::StatusOr<Decision> operator()(const ExpireDue&) const { return DecideDue(context_); }

 private:
  const Context& context_;
};

// A closed user asks for nothing any more; what it asks the gate is denied there.
absl::Status CheckOpen(const State& state, const Command& command, const Principal& principal) {
  const auto id = PersonBehind(state, principal);
  const User* user = id.has_value() ? state.Find(*id) : nullptr;
  const bool asks_gate = std::holds_alternative<Check>(command) || std::holds_alternative<PlaceHold>(command);
  if (user == nullptr || user->status != User::Status::kClosed || asks_gate) return absl::OkStatus();
  return UserClosed(user->id);
}

absl::StatusOr<Decision> DecideInPresentNames(const State& state, const Command& command, const Principal& principal,
                                              absl::Time now) {
  if (auto status = MayCommand(state, command, principal); !status.ok()) return status;
  if (auto status = CheckOpen(state, command, principal); !status.ok()) return status;
  const Context context{state, principal, now};
  return std::visit(Rules(context), command);
}

}  // namespace

absl::StatusOr<Decision> Decide(const State& state, const Command& command, const Principal& principal,
                                absl::Time now) {
  if (const auto present = InPresentNames(state, command)) {
    return DecideInPresentNames(state, *present, principal, now);
  }
  return DecideInPresentNames(state, command, principal, now);
}

}  // namespace bursar

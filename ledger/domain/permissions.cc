#include "ledger/domain/permissions.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

bool Is(const Principal& principal, Role role) { return principal.role == role; }

bool IsAdminOf(const State& state, const UserId& user, const OrganizationId& id) {
  const Organization* organization = state.Find(id);
  const MemberAccess* access = organization == nullptr ? nullptr : organization->Member(user);
  return access != nullptr && access->admin;
}

// One operator per command, so that a command without a statement of who may give it does not compile.
class Permission {
 public:
  Permission(const State& state, const Principal& principal) : state_(state), principal_(principal) {}

  absl::Status operator()(const PublishPartner&) const { return Only(Role::kOperator, "publish policy"); }
  absl::Status operator()(const PublishPromotion&) const { return Only(Role::kOperator, "publish policy"); }
  absl::Status operator()(const PublishTerms&) const { return Only(Role::kOperator, "publish policy"); }
  absl::Status operator()(const PublishActionCatalogue&) const { return Only(Role::kOperator, "publish policy"); }
  absl::Status operator()(const PublishPriceList&) const { return Only(Role::kOperator, "publish policy"); }
  absl::Status operator()(const PublishSponsorship&) const { return Only(Role::kOperator, "publish policy"); }

  // Anyone may say who they are; that an institution says so too takes somebody who has heard it.
  absl::Status operator()(const RegisterUser& command) const {
    if (command.identity.empty() || Is(principal_, Role::kService) || Is(principal_, Role::kSupport))
      return absl::OkStatus();
    return PermissionDenied("register with an identity");
  }
  absl::Status operator()(const LinkIdentity&) const { return Only(Role::kSupport, "link identities"); }
  absl::Status operator()(const MergeUsers&) const { return Only(Role::kSupport, "merge users"); }
  absl::Status operator()(const CloseUser& command) const {
    return Is(principal_, Role::kSupport) ? absl::OkStatus() : Self(command.user);
  }
  absl::Status operator()(const CreateOrganization& command) const {
    if (Is(principal_, Role::kOperator) || IsSelf(command.admin)) return absl::OkStatus();
    return PermissionDenied("create an organization for somebody else");
  }
  absl::Status operator()(const InviteMember& command) const { return AdminOf(command.organization); }
  absl::Status operator()(const AcceptInvitation& command) const { return Self(command.user); }
  absl::Status operator()(const SetMemberAccess& command) const { return AdminOf(command.organization); }
  absl::Status operator()(const RemoveMember& command) const {
    return IsSelf(command.user) ? absl::OkStatus() : AdminOf(command.organization);
  }
  absl::Status operator()(const SetOrganizationSettings& command) const { return AdminOf(command.organization); }
  absl::Status operator()(const SetOrganizationExpiry&) const {
    return Only(Role::kOperator, "set an organization's expiry");
  }
  absl::Status operator()(const SetDefaultPayer& command) const { return Self(command.user); }
  absl::Status operator()(const CreateProject& command) const { return SelfOrService(command.user); }
  absl::Status operator()(const SetProjectPayer& command) const {
    const Project* project = state_.Find(command.project);
    if (IsSelf(command.user) && project != nullptr && MayMove(state_, command.user, *project)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("move ", command.project.text()));
  }
  absl::Status operator()(const AcceptProjectTransfer& command) const { return PartyTo(command.user, command.project); }
  absl::Status operator()(const DeclineProjectTransfer& command) const {
    return PartyTo(command.user, command.project);
  }

  absl::Status operator()(const SubmitAccountUpgrade& command) const {
    if (IsSelf(command.user) && CanIncrease(state_, principal_, command.billing_account)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("set up billing of ", command.billing_account.text()));
  }
  absl::Status operator()(const ResendVerification& command) const {
    if (Is(principal_, Role::kSupport) || CanIncrease(state_, principal_, command.billing_account))
      return absl::OkStatus();
    return PermissionDenied(absl::StrCat("have the link of ", command.billing_account.text(), " sent again"));
  }
  // The link is the permission.
  absl::Status operator()(const ConfirmBilling&) const { return absl::OkStatus(); }
  absl::Status operator()(const DeclineBilling&) const { return absl::OkStatus(); }
  absl::Status operator()(const RequestBillingChange& command) const {
    if (IsSelf(command.user) && CanIncrease(state_, principal_, command.billing_account)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("change the billing of ", command.billing_account.text()));
  }
  absl::Status operator()(const ApplyBillingChange&) const { return Only(Role::kOperator, "apply billing changes"); }
  absl::Status operator()(const RequestAssistedSetup& command) const {
    if (IsSelf(command.user) && CanIncrease(state_, principal_, command.billing_account)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("set up billing of ", command.billing_account.text()));
  }
  absl::Status operator()(const ScheduleAssistedSetup&) const {
    return Only(Role::kOperator, "schedule assisted set-ups");
  }
  absl::Status operator()(const RecordPurchaseOrder&) const {
    if (Is(principal_, Role::kService) || Is(principal_, Role::kFinance) || Is(principal_, Role::kOperator))
      return absl::OkStatus();
    return PermissionDenied("record purchase orders");
  }
  absl::Status operator()(const RecordPayment&) const {
    if (Is(principal_, Role::kFinance) || Is(principal_, Role::kOperator)) return absl::OkStatus();
    return PermissionDenied("record payments");
  }

  absl::Status operator()(const GrantCredit&) const { return Only(Role::kOperator, "grant credits"); }
  absl::Status operator()(const RevokeCredit&) const { return Only(Role::kOperator, "revoke credits"); }
  absl::Status operator()(const SetSpendingLimit&) const { return Only(Role::kOperator, "set spending limits"); }
  absl::Status operator()(const RequestLimitIncrease& command) const {
    if (IsSelf(command.user) && CanIncrease(state_, principal_, command.billing_account)) return absl::OkStatus();
    const auto id = command.billing_account.organization();
    const Organization* organization = id.has_value() ? state_.Find(*id) : nullptr;
    if (organization != nullptr && IsSelf(command.user) && organization->Member(command.user) != nullptr) {
      return NeedsAdmin(*id, organization->hides_admins ? std::vector<UserId>{} : organization->Admins());
    }
    return PermissionDenied(absl::StrCat("ask for a higher limit of ", command.billing_account.text()));
  }
  absl::Status operator()(const ApproveLimitIncrease&) const { return Only(Role::kOperator, "decide limit increases"); }
  absl::Status operator()(const DenyLimitIncrease&) const { return Only(Role::kOperator, "decide limit increases"); }
  absl::Status operator()(const WithdrawLimitIncrease& command) const {
    const LimitIncrease* increase = state_.Find(command.increase);
    if (increase != nullptr && CanIncrease(state_, principal_, increase->account)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("withdraw ", command.increase.text()));
  }
  absl::Status operator()(const SetBudget& command) const { return MayBudget(command.billing_account); }
  absl::Status operator()(const RemoveBudget& command) const {
    const auto account = state_.account_of_budget.find(command.budget);
    return MayBudget(account == state_.account_of_budget.end() ? BillingAccountId() : account->second);
  }

  absl::Status operator()(const Check& command) const { return MayAsk(command.action); }
  absl::Status operator()(const PlaceHold& command) const { return MayAsk(command.action); }
  absl::Status operator()(const ExtendHold&) const { return Only(Role::kService, "extend holds"); }
  absl::Status operator()(const CaptureHold&) const { return Only(Role::kService, "capture holds"); }
  absl::Status operator()(const ReleaseHold&) const { return Only(Role::kService, "release holds"); }
  absl::Status operator()(const RecordUsage&) const { return Only(Role::kService, "record usage"); }
  absl::Status operator()(const ReverseCharge& command) const {
    const bool failed = command.cause == ReversalCause::kPlatformFailure;
    if (failed ? Is(principal_, Role::kService) : Is(principal_, Role::kFinance)) return absl::OkStatus();
    return Only(Role::kOperator, "reverse charges");
  }
  absl::Status operator()(const ReleaseQuarantinedUsage&) const {
    return Only(Role::kOperator, "decide on quarantined usage");
  }
  absl::Status operator()(const DiscardQuarantinedUsage&) const {
    return Only(Role::kOperator, "decide on quarantined usage");
  }
  absl::Status operator()(const AdvanceClock&) const {
    const bool may = Is(principal_, Role::kOperator) || Is(principal_, Role::kService) || Is(principal_, Role::kSystem);
    return may ? absl::OkStatus() : PermissionDenied("move the clock");
  }
  absl::Status operator()(const ExpireDue&) const { return Only(Role::kSystem, "make time pass"); }

 private:
  bool IsSelf(const UserId& user) const { return PersonBehind(state_, principal_) == user; }

  // Whoever may see the project anyway, or is asked to pay for it.
  absl::Status PartyTo(const UserId& user, ProjectId id) const {
    if (auto status = Self(user); !status.ok()) return status;
    const Project* project = state_.Find(id);
    if (project != nullptr && AnswersFor(state_, user, project->offered_to)) return absl::OkStatus();
    return MayReadProject(state_, principal_, id);
  }

  // Ceilings inside an account are for those who answer for it, and for operators.
  absl::Status MayBudget(const BillingAccountId& account) const {
    if (CanIncrease(state_, principal_, account)) return absl::OkStatus();
    return Only(Role::kOperator, "set budgets");
  }

  absl::Status Only(Role role, absl::string_view what) const {
    return Is(principal_, role) ? absl::OkStatus() : PermissionDenied(what);
  }
  absl::Status Self(const UserId& user) const {
    return IsSelf(user) ? absl::OkStatus() : PermissionDenied(absl::StrCat("act for ", user.text()));
  }
  absl::Status SelfOrService(const UserId& user) const {
    return Is(principal_, Role::kService) ? absl::OkStatus() : Self(user);
  }
  absl::Status AdminOf(const OrganizationId& organization) const {
    const auto user = PersonBehind(state_, principal_);
    if (user.has_value() && IsAdminOf(state_, *user, organization)) return absl::OkStatus();
    return PermissionDenied(absl::StrCat("manage members of ", organization.text()));
  }
  // A denial tells what the payer has, so a user may ask only about projects whose costs it may see.
  absl::Status MayAsk(const GatedAction& action) const {
    if (auto status = SelfOrService(action.user); !status.ok()) return status;
    return action.project.empty() ? absl::OkStatus() : MayReadProject(state_, principal_, action.project);
  }

  const State& state_;
  const Principal& principal_;
};

}  // namespace

absl::Status MayCommand(const State& state, const Command& command, const Principal& principal) {
  return std::visit(Permission(state, principal), command);
}

bool IsStaff(const Principal& principal) {
  switch (principal.role) {
    case Role::kService:
    case Role::kOperator:
    case Role::kFinance:
    case Role::kSupport:
    case Role::kSystem:
      return true;
    case Role::kAnonymous:
    case Role::kUser:
      return false;
  }
  return false;
}

std::optional<UserId> PersonBehind(const State& state, const Principal& principal) {
  const auto user = principal.user();
  if (!user.has_value()) return std::nullopt;
  return state.Present(*user);
}

bool MayReadProfile(const State& state, const Principal& principal, const UserId& user) {
  return IsStaff(principal) || PersonBehind(state, principal) == state.Present(user);
}

bool SeesCosts(const State& state, const UserId& user, const BillingAccountId& account) {
  const auto id = account.organization();
  if (!id.has_value()) return state.Present(account) == BillingAccountId(user);
  const Organization* organization = state.Find(*id);
  const MemberAccess* access = organization == nullptr ? nullptr : organization->Member(user);
  return access != nullptr && (access->admin || access->allow_billable_activities);
}

absl::Status MayReadAccount(const State& state, const Principal& principal, const BillingAccountId& account) {
  if (IsStaff(principal)) return absl::OkStatus();
  const auto user = PersonBehind(state, principal);
  if (user.has_value() && state.Find(*user) != nullptr && SeesCosts(state, *user, account)) return absl::OkStatus();
  return PermissionDenied(absl::StrCat("read ", account.text()));
}

absl::Status MayReadOrganization(const State& state, const Principal& principal, const OrganizationId& id) {
  if (IsStaff(principal)) return absl::OkStatus();
  const auto user = PersonBehind(state, principal);
  const Organization* organization = state.Find(id);
  if (user.has_value() && organization != nullptr &&
      (organization->members.contains(*user) || organization->invitations.contains(*user))) {
    return absl::OkStatus();
  }
  return PermissionDenied(absl::StrCat("read ", id.text()));
}

absl::Status MayReadProject(const State& state, const Principal& principal, ProjectId id) {
  if (IsStaff(principal)) return absl::OkStatus();
  const auto user = PersonBehind(state, principal);
  const Project* project = state.Find(id);
  if (user.has_value() && project != nullptr &&
      (project->owner == *user || MayReadAccount(state, principal, project->payer).ok())) {
    return absl::OkStatus();
  }
  return PermissionDenied(absl::StrCat("read ", id.text()));
}

bool AnswersFor(const State& state, const UserId& user, const BillingAccountId& account) {
  if (account.empty() || state.Find(user) == nullptr) return false;
  const auto organization = account.organization();
  return organization.has_value() ? IsAdminOf(state, user, *organization)
                                  : state.Present(account) == BillingAccountId(user);
}

bool MayMove(const State& state, const UserId& user, const Project& project) {
  return project.owner == user || AnswersFor(state, user, project.payer);
}

bool CanIncrease(const State& state, const Principal& principal, const BillingAccountId& account) {
  const auto user = PersonBehind(state, principal);
  return user.has_value() && AnswersFor(state, *user, account);
}

const BillingAccount* FindByLink(const State& state, const std::string& selector, const std::string& secret_hash) {
  const auto found = state.account_of_link.find(selector);
  const BillingAccount* account = found == state.account_of_link.end() ? nullptr : state.Find(found->second);
  if (account == nullptr || !EqualInConstantTime(account->setup.secret_hash, secret_hash)) return nullptr;
  return account;
}

}  // namespace bursar

#include "tests/oracle/roles.h"

#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"

namespace bursar::oracle {
namespace {

// u: users, s: services, o: operators, f: finance, h: support, a: anybody.
struct Row {
  absl::string_view method;
  absl::string_view roles;
};

constexpr Row kRows[] = {
    {"AccountService.RegisterUser", "a"},
    {"AccountService.LinkIdentity", "h"},
    {"AccountService.MergeUsers", "h"},
    {"AccountService.CloseUser", "uh"},
    {"AccountService.CreateOrganization", "uo"},
    {"AccountService.InviteMember", "u"},
    {"AccountService.AcceptInvitation", "u"},
    {"AccountService.SetMemberAccess", "u"},
    {"AccountService.RemoveMember", "u"},
    {"AccountService.SetOrganizationSettings", "u"},
    {"AccountService.SetOrganizationExpiry", "o"},
    {"AccountService.SetDefaultPayer", "u"},
    {"AccountService.CreateProject", "us"},
    {"AccountService.SetProjectPayer", "u"},
    {"AccountService.AcceptProjectTransfer", "u"},
    {"AccountService.DeclineProjectTransfer", "u"},
    {"BillingService.SubmitAccountUpgrade", "u"},
    {"BillingService.ResendVerification", "uh"},
    {"BillingService.GetVerification", "a"},
    {"BillingService.ConfirmBilling", "a"},
    {"BillingService.DeclineBilling", "a"},
    {"BillingService.RequestBillingChange", "u"},
    {"BillingService.ApplyBillingChange", "o"},
    {"BillingService.ListBillingChanges", "ofh"},
    {"BillingService.RequestAssistedSetup", "u"},
    {"BillingService.ScheduleAssistedSetup", "o"},
    {"BillingService.ListAssistedSetups", "oh"},
    {"BillingService.RecordPurchaseOrder", "sfo"},
    {"BillingService.RecordPayment", "fo"},
    {"BillingService.ListBillingAccounts", "ofh"},
    {"CreditService.GrantCredit", "o"},
    {"CreditService.RevokeCredit", "o"},
    {"LimitService.SetSpendingLimit", "o"},
    {"LimitService.RequestLimitIncrease", "u"},
    {"LimitService.ApproveLimitIncrease", "o"},
    {"LimitService.DenyLimitIncrease", "o"},
    {"LimitService.WithdrawLimitIncrease", "u"},
    {"LimitService.SetBudget", "uo"},
    {"LimitService.RemoveBudget", "uo"},
    {"GateService.Check", "us"},
    {"GateService.CheckBatch", "us"},
    {"GateService.StreamChecks", "us"},
    {"GateService.PlaceHold", "us"},
    {"GateService.ExtendHold", "s"},
    {"GateService.CaptureHold", "s"},
    {"GateService.ReleaseHold", "s"},
    {"UsageService.RecordUsage", "s"},
    {"UsageService.StreamUsage", "s"},
    {"UsageService.ReverseCharge", "sfo"},
    {"UsageService.ListQuarantinedUsage", "o"},
    {"UsageService.ReleaseQuarantinedUsage", "o"},
    {"UsageService.DiscardQuarantinedUsage", "o"},
    {"FinanceService.GetTrialBalance", "fo"},
    {"PolicyService.PublishPartner", "o"},
    {"PolicyService.PublishPromotion", "o"},
    {"PolicyService.PublishTerms", "o"},
    {"PolicyService.PublishActionCatalogue", "o"},
    {"PolicyService.PublishPriceList", "o"},
    {"PolicyService.PublishSponsorship", "o"},
    {"PolicyService.GetPolicy", "a"},
    {"ClockService.GetClock", "a"},
    {"ClockService.AdvanceClock", "os"},
    {"HistoryService.WriteCheckpoint", "o"},
    {"OutboxService.ListMessages", "oh"},
};

char LetterOf(Role role) {
  switch (role) {
    case Role::kUser:
      return 'u';
    case Role::kService:
      return 's';
    case Role::kOperator:
      return 'o';
    case Role::kFinance:
      return 'f';
    case Role::kSupport:
      return 'h';
    case Role::kAnyone:
      return 'a';
  }
  return 'a';
}

}  // namespace

bool MayCall(const std::string& method, Role role) {
  constexpr absl::string_view kPackage = "bursar.v1.";
  for (const Row& row : kRows) {
    if (absl::string_view(method).substr(kPackage.size()) != row.method) continue;
    return row.roles.find('a') != absl::string_view::npos || row.roles.find(LetterOf(role)) != absl::string_view::npos;
  }
  // Others are for whoever is known by name.
  return role != Role::kAnyone;
}

std::string ReasonOf(const google::rpc::Status& status) {
  for (const auto& detail : status.details()) {
    google::rpc::ErrorInfo info;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

}  // namespace bursar::oracle

#include "services/api/access.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

constexpr unsigned Bit(Role role) { return 1U << static_cast<unsigned>(role); }

constexpr unsigned kUser = Bit(Role::kUser);
constexpr unsigned kService = Bit(Role::kService);
constexpr unsigned kOperator = Bit(Role::kOperator);
constexpr unsigned kFinance = Bit(Role::kFinance);
constexpr unsigned kSupport = Bit(Role::kSupport);
constexpr unsigned kKnown = kUser | kService | kOperator | kFinance | kSupport;
constexpr unsigned kAnyone = kKnown | Bit(Role::kAnonymous);

struct AccessRule {
  absl::string_view method;
  unsigned roles;
};

constexpr AccessRule kAccessRules[] = {
    {"bursar.v1.AccountService.RegisterUser", kAnyone},
    {"bursar.v1.AccountService.GetUser", kKnown},
    {"bursar.v1.AccountService.LinkIdentity", kSupport},
    {"bursar.v1.AccountService.MergeUsers", kSupport},
    {"bursar.v1.AccountService.CloseUser", kUser | kSupport},
    {"bursar.v1.AccountService.CreateOrganization", kUser | kOperator},
    {"bursar.v1.AccountService.GetOrganization", kKnown},
    {"bursar.v1.AccountService.InviteMember", kUser},
    {"bursar.v1.AccountService.AcceptInvitation", kUser},
    {"bursar.v1.AccountService.SetMemberAccess", kUser},
    {"bursar.v1.AccountService.RemoveMember", kUser},
    {"bursar.v1.AccountService.SetOrganizationSettings", kUser},
    {"bursar.v1.AccountService.SetOrganizationExpiry", kOperator},
    {"bursar.v1.AccountService.SetDefaultPayer", kUser},
    {"bursar.v1.AccountService.CreateProject", kUser | kService},
    {"bursar.v1.AccountService.GetProject", kKnown},
    {"bursar.v1.AccountService.SetProjectPayer", kUser},
    {"bursar.v1.AccountService.AcceptProjectTransfer", kUser},
    {"bursar.v1.AccountService.DeclineProjectTransfer", kUser},

    {"bursar.v1.BillingService.SubmitAccountUpgrade", kUser},
    {"bursar.v1.BillingService.ResendVerification", kUser | kSupport},
    {"bursar.v1.BillingService.GetVerification", kAnyone},
    {"bursar.v1.BillingService.ConfirmBilling", kAnyone},
    {"bursar.v1.BillingService.DeclineBilling", kAnyone},
    {"bursar.v1.BillingService.RequestBillingChange", kUser},
    {"bursar.v1.BillingService.ApplyBillingChange", kOperator},
    {"bursar.v1.BillingService.ListBillingChanges", kOperator | kFinance | kSupport},
    {"bursar.v1.BillingService.RequestAssistedSetup", kUser},
    {"bursar.v1.BillingService.ScheduleAssistedSetup", kOperator},
    {"bursar.v1.BillingService.ListAssistedSetups", kOperator | kSupport},
    {"bursar.v1.BillingService.RecordPurchaseOrder", kService | kFinance | kOperator},
    {"bursar.v1.BillingService.ListPurchaseOrders", kKnown},
    {"bursar.v1.BillingService.RecordPayment", kFinance | kOperator},
    {"bursar.v1.BillingService.GetBillingAccount", kKnown},
    {"bursar.v1.BillingService.ListBillingAccounts", kOperator | kFinance | kSupport},

    {"bursar.v1.CreditService.GrantCredit", kOperator},
    {"bursar.v1.CreditService.RevokeCredit", kOperator},
    {"bursar.v1.CreditService.ListCredits", kKnown},

    {"bursar.v1.LimitService.SetSpendingLimit", kOperator},
    {"bursar.v1.LimitService.RequestLimitIncrease", kUser},
    {"bursar.v1.LimitService.ApproveLimitIncrease", kOperator},
    {"bursar.v1.LimitService.DenyLimitIncrease", kOperator},
    {"bursar.v1.LimitService.WithdrawLimitIncrease", kUser},
    {"bursar.v1.LimitService.ListLimitIncreases", kKnown},
    {"bursar.v1.LimitService.SetBudget", kUser | kOperator},
    {"bursar.v1.LimitService.RemoveBudget", kUser | kOperator},
    {"bursar.v1.LimitService.ListBudgets", kKnown},

    {"bursar.v1.GateService.Check", kUser | kService},
    {"bursar.v1.GateService.CheckBatch", kUser | kService},
    {"bursar.v1.GateService.StreamChecks", kUser | kService},
    {"bursar.v1.GateService.WatchFunds", kKnown},
    {"bursar.v1.GateService.PlaceHold", kUser | kService},
    {"bursar.v1.GateService.ExtendHold", kService},
    {"bursar.v1.GateService.CaptureHold", kService},
    {"bursar.v1.GateService.ReleaseHold", kService},
    {"bursar.v1.GateService.GetHold", kKnown},

    {"bursar.v1.UsageService.RecordUsage", kService},
    {"bursar.v1.UsageService.StreamUsage", kService},
    {"bursar.v1.UsageService.ReverseCharge", kService | kFinance | kOperator},
    {"bursar.v1.UsageService.ListQuarantinedUsage", kOperator},
    {"bursar.v1.UsageService.ReleaseQuarantinedUsage", kOperator},
    {"bursar.v1.UsageService.DiscardQuarantinedUsage", kOperator},

    {"bursar.v1.FinanceService.GetBalance", kKnown},
    {"bursar.v1.FinanceService.ListCharges", kKnown},
    {"bursar.v1.FinanceService.GetTrialBalance", kFinance | kOperator},
    {"bursar.v1.FinanceService.GetStatement", kKnown},
    {"bursar.v1.FinanceService.ListSpending", kKnown},
    {"bursar.v1.FinanceService.GetAging", kKnown},
    {"bursar.v1.FinanceService.GetForecast", kKnown},
    {"bursar.v1.FinanceService.ListBookBalances", kKnown},
    {"bursar.v1.FinanceService.Export", kKnown},
    {"bursar.v1.FinanceService.ExplainDecision", kKnown},
    {"bursar.v1.FinanceService.WhatIf", kKnown},

    {"bursar.v1.PolicyService.PublishPartner", kOperator},
    {"bursar.v1.PolicyService.PublishPromotion", kOperator},
    {"bursar.v1.PolicyService.PublishTerms", kOperator},
    {"bursar.v1.PolicyService.PublishActionCatalogue", kOperator},
    {"bursar.v1.PolicyService.PublishPriceList", kOperator},
    {"bursar.v1.PolicyService.PublishSponsorship", kOperator},
    {"bursar.v1.PolicyService.GetPolicy", kAnyone},

    {"bursar.v1.HistoryService.ListEntries", kKnown},
    {"bursar.v1.HistoryService.WatchEntries", kKnown},
    {"bursar.v1.HistoryService.GetHead", kKnown},
    {"bursar.v1.HistoryService.WriteCheckpoint", kOperator},
    {"bursar.v1.HistoryService.ExportLog", kOperator},

    {"bursar.v1.ClockService.GetClock", kAnyone},
    {"bursar.v1.ClockService.AdvanceClock", kOperator | kService},

    {"bursar.v1.OutboxService.ListMessages", kOperator | kSupport},
};

const AccessRule* Find(const google::protobuf::MethodDescriptor& method) {
  const auto* found = std::find_if(std::begin(kAccessRules), std::end(kAccessRules),
                                   [&](const AccessRule& rule) { return rule.method == method.full_name(); });
  return found == std::end(kAccessRules) ? nullptr : found;
}

}  // namespace

bool HasAccessRule(const google::protobuf::MethodDescriptor& method) { return Find(method) != nullptr; }

absl::Status MayCall(const google::protobuf::MethodDescriptor& method, const Principal& principal) {
  const AccessRule* rule = Find(method);
  BURSAR_CHECK(rule != nullptr);
  const bool forgotten = BURSAR_PLANTED(role_not_asked) && rule->method == "bursar.v1.OutboxService.ListMessages";
  if (forgotten || (rule->roles & Bit(principal.role)) != 0) return absl::OkStatus();
  return PermissionDenied(absl::StrCat("call ", method.service()->name(), ".", method.name()));
}

}  // namespace bursar

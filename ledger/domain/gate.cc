#include "ledger/domain/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

using storage::v1::ActionDenied;

ActionDenied Asked(const GatedAction& asked, const BillingAccountId& payer, Purpose purpose) {
  ActionDenied denial;
  denial.set_user_id(asked.user.text());
  denial.set_project(asked.project.number());
  denial.set_action(asked.action);
  denial.set_billing_account(payer.text());
  denial.set_cost_micros(asked.cost.micros());
  denial.set_hold(purpose == Purpose::kHold);
  return denial;
}

ActionDenied::Binding& Bind(ActionDenied& denial, Reason reason, std::string rule) {
  ActionDenied::Binding& binding = *denial.add_bindings();
  binding.set_reason(NameOf(reason));
  binding.set_rule(std::move(rule));
  return binding;
}

// Says who can lift the denial, to whom, and how.
void AddRemedy(ActionDenied& denial, const State& state, const BillingAccount& payer) {
  const UserId user = UserId::Trusted(denial.user_id());
  const auto organization = payer.id.organization();
  if (!organization.has_value()) {
    denial.add_lifters(payer.id.text());
    denial.set_remedy(payer.id.text() == user.text() ? "Ask for a higher limit, or pay what is outstanding."
                                                     : "Ask the owner of the billing account to raise its limit.");
    return;
  }
  const Organization* paying = state.Find(*organization);
  BURSAR_CHECK(paying != nullptr);
  const MemberAccess* access = paying->Member(user);
  if (access != nullptr && access->admin) {
    denial.add_lifters(user.text());
    denial.set_remedy("Ask for a higher limit, or pay what is outstanding.");
    return;
  }
  if (paying->hides_admins || access == nullptr) {
    denial.set_remedy("Contact your admin.");
    return;
  }
  for (const UserId& admin : paying->Admins()) denial.add_lifters(admin.text());
  denial.set_remedy(absl::StrCat("Ask an admin of ", organization->text(),
                                 " to raise its limit: ", absl::StrJoin(denial.lifters(), ", "), "."));
}

const char* RemedyOfPermission(Reason reason) {
  if (reason == Reason::kUserClosed) return "The account is closed: ask as another user, or name another payer.";
  return reason == Reason::kNotYourBillingAccount
             ? "Name your own billing account, or an organization's that lets you spend."
             : "Ask an admin of the organization for access to billable activities.";
}

// Whose closed account stands in the way: that of whoever asks, or of whoever pays; nullptr where none does.
const User* ClosedParty(const State& state, const User& user, const BillingAccountId& payer) {
  if (user.status == User::Status::kClosed) return &user;
  if (payer.text() == user.id.text()) return nullptr;
  const auto id = payer.user();
  const User* owner = id.has_value() ? state.Find(*id) : nullptr;
  return owner != nullptr && owner->status == User::Status::kClosed ? owner : nullptr;
}

// Whether the payer is an organization whose time is over.
bool HasExpired(const State& state, const BillingAccountId& payer, absl::Time now) {
  const auto id = payer.organization();
  const Organization* organization = id.has_value() ? state.Find(*id) : nullptr;
  return organization != nullptr && organization->expire_time <= now;
}

}  // namespace

std::optional<Reason> BarredFrom(const State& state, const UserId& user, const BillingAccountId& account) {
  const auto organization = account.organization();
  if (!organization.has_value()) {
    if (account.text() == user.text()) return std::nullopt;
    return Reason::kNotYourBillingAccount;
  }
  const Organization* paying = state.Find(*organization);
  const MemberAccess* access = paying == nullptr ? nullptr : paying->Member(user);
  if (access != nullptr && access->allow_billable_activities) return std::nullopt;
  return Reason::kBillableActivitiesNotAllowed;
}

std::optional<ActionDenied> JudgeFunds(const State& state, const BillingAccount& payer, ActionDenied denial,
                                       absl::Time now) {
  const Money funds = payer.balance.Funds(denial.action(), now);
  const Money needed = std::max(Money::Micros(denial.cost_micros()), Money::Micros(1));
  const bool set_up = payer.setup.status == BillingSetup::Status::kConfirmed;
  const bool expired = HasExpired(state, payer.id, now);
  if (set_up && !expired && funds >= needed) return std::nullopt;

  denial.set_currency(payer.currency);
  denial.set_pending_increase(payer.open_increase.number());
  if (!set_up) {
    const bool pending = payer.setup.status == BillingSetup::Status::kPending;
    Bind(denial, Reason::kBillingNotSetUp,
         absl::StrCat("billing of ", payer.id.text(), pending ? ": pending verification" : ": not set up"))
        .set_available_micros(funds.micros());
  }
  if (expired) {
    Bind(denial, Reason::kOrganizationExpired, absl::StrCat("expiry of ", payer.id.text()))
        .set_available_micros(funds.micros());
  }
  if (funds < needed) {
    auto& binding = Bind(denial, Reason::kSpendingLimitExceeded, absl::StrCat("spending limit of ", payer.id.text()));
    binding.set_available_micros(funds.micros());
    binding.set_shortfall_micros((needed - funds).micros());
  }
  if (set_up && expired) {
    denial.set_remedy("The organization's time is over: ask its operator for more, or name another payer.");
  } else if (set_up) {
    AddRemedy(denial, state, payer);
  } else {
    denial.set_remedy(payer.setup.status == BillingSetup::Status::kPending
                          ? "The billing contact has to open the mailed link and accept. It can be sent again."
                          : "Set up billing: accept the terms and name a billing contact.");
  }
  return denial;
}

absl::StatusOr<Verdict> Judge(const State& state, const GatedAction& asked, Purpose purpose, absl::Time now) {
  const User* user = state.Find(asked.user);
  if (user == nullptr) return UserNotFound(asked.user);
  const CatalogueAction* action = state.policy.FindAction(asked.action, now);
  if (action == nullptr) return UnknownAction(asked.action);
  const Project* project = asked.project.empty() ? nullptr : state.Find(asked.project);
  if (!asked.project.empty() && project == nullptr) return ProjectNotFound(asked.project);

  // Whoever may work in a project may bill to its payer; the platform knows who that is.
  const bool project_pays = project != nullptr && (asked.bill_to.empty() || asked.bill_to == project->payer);
  const BillingAccountId& payer =
      project_pays ? project->payer : (asked.bill_to.empty() ? user->default_payer : asked.bill_to);
  Verdict verdict{.payer = state.Find(payer), .action = action};
  if (purpose == Purpose::kCheck && !action->gated) {
    if (verdict.payer != nullptr && !BarredFrom(state, asked.user, payer))
      verdict.funds = verdict.payer->balance.Funds(asked.action, now);
    return verdict;
  }
  const auto barred = project_pays ? std::nullopt : BarredFrom(state, asked.user, payer);
  if (barred.has_value()) {
    verdict.denial = Asked(asked, payer, purpose);
    Bind(*verdict.denial, *barred, absl::StrCat("who may bill to ", payer.text()));
    verdict.denial->set_remedy(RemedyOfPermission(*barred));
    return verdict;
  }
  if (const User* closed = ClosedParty(state, *user, payer)) {
    verdict.denial = Asked(asked, payer, purpose);
    Bind(*verdict.denial, Reason::kUserClosed, absl::StrCat("closed account of ", closed->id.text()));
    verdict.denial->set_remedy(RemedyOfPermission(Reason::kUserClosed));
    return verdict;
  }
  BURSAR_CHECK(verdict.payer != nullptr);
  verdict.funds = verdict.payer->balance.Funds(asked.action, now);
  const bool plenty = verdict.payer->setup.status == BillingSetup::Status::kConfirmed && verdict.funds > Money() &&
                      verdict.funds >= asked.cost && !HasExpired(state, payer, now);
  if (!plenty) verdict.denial = JudgeFunds(state, *verdict.payer, Asked(asked, payer, purpose), now);
  return verdict;
}

}  // namespace bursar

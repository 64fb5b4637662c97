#include "ledger/domain/gate.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/domain/budgets.h"
#include "ledger/domain/context.h"
#include "ledger/domain/permissions.h"

namespace bursar {
namespace {

using storage::v1::ActionDenied;

// Of the payer. At exactly zero nothing goes ahead, even where it is free, or a sponsor pays all of it.
Money Needed(const Claim& claim) { return std::max(claim.asked.cost - claim.share.amount, Money::Micros(1)); }

Counted CountedOf(const Claim& claim) {
  return {.user = claim.asked.user, .project = claim.asked.project, .category = claim.category};
}

bool IsSetUp(const BillingAccount& payer) { return payer.setup.status == BillingSetup::Status::kConfirmed; }

bool BudgetsAllow(const Claim& claim, absl::Time now) {
  return absl::c_all_of(claim.payer.budgets, [&](const Budget& budget) {
    return !CountedOf(claim).By(budget) || budget.Available(now) >= Needed(claim);
  });
}

// Whether the payer is an organization whose time is over.
bool HasExpired(const State& state, const BillingAccountId& payer, absl::Time now) {
  const auto id = payer.organization();
  const Organization* organization = id.has_value() ? state.Find(*id) : nullptr;
  if (BURSAR_PLANTED(organization_expiry_exclusive)) return organization != nullptr && organization->expire_time < now;
  return organization != nullptr && organization->expire_time <= now;
}

// What most claims come to; works out nothing that only a denial says.
bool IsAllowed(const State& state, const Claim& claim, absl::Time now) {
  if (BURSAR_PLANTED(admits_one_micro_too_many) && IsSetUp(claim.payer) &&
      claim.funds + Money::Micros(1) == Needed(claim)) {
    return true;
  }
  return IsSetUp(claim.payer) && !HasExpired(state, claim.payer.id, now) && claim.funds >= Needed(claim) &&
         (!claim.run_left.has_value() || *claim.run_left >= claim.asked.cost) && BudgetsAllow(claim, now);
}

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

void SetMissing(ActionDenied::Binding& binding, Money needed, Money available) {
  binding.set_available_micros(available.micros());
  binding.set_shortfall_micros((needed - available).micros());
}

void BindSetup(ActionDenied& denial, const Claim& claim) {
  if (IsSetUp(claim.payer)) return;
  const bool pending = claim.payer.setup.status == BillingSetup::Status::kPending;
  Bind(denial, Reason::kBillingNotSetUp,
       absl::StrCat("billing of ", claim.payer.id.text(), pending ? ": pending verification" : ": not set up"))
      .set_available_micros(claim.funds.micros());
}

void BindExpiry(ActionDenied& denial, const Claim& claim) {
  Bind(denial, Reason::kOrganizationExpired, absl::StrCat("expiry of ", claim.payer.id.text()))
      .set_available_micros(claim.funds.micros());
}

void BindCostLimit(ActionDenied& denial, const Claim& claim) {
  if (!claim.run_left.has_value() || *claim.run_left >= claim.asked.cost) return;
  SetMissing(Bind(denial, Reason::kCostLimitExceeded, "cost limit of the run"), claim.asked.cost, *claim.run_left);
}

void BindBudgets(ActionDenied& denial, const Claim& claim, absl::Time now) {
  for (const Budget& budget : claim.payer.budgets) {
    const Money available = budget.Available(now);
    if (!CountedOf(claim).By(budget) || available >= Needed(claim)) continue;
    auto& binding = Bind(denial, Reason::kBudgetExceeded, NameOf(budget, claim.payer.id));
    SetMissing(binding, Needed(claim), available);
    binding.set_budget(budget.id.number());
    // Where nothing was used yet, a new window brings nothing.
    if (budget.UsedAt(now) > Money()) binding.set_reopen_time(MicrosOrNever(budget.window.end));
  }
}

void BindFunds(ActionDenied& denial, const Claim& claim) {
  if (claim.funds >= Needed(claim)) return;
  SetMissing(Bind(denial, Reason::kSpendingLimitExceeded, absl::StrCat("spending limit of ", claim.payer.id.text())),
             Needed(claim), claim.funds);
}

// What to do about a ceiling, by who is told.
struct Advice {
  std::string to_lifter;
  // Goes on after "Ask ... to ".
  const char* wish;
};

// Says who can lift the denial, to whom, and how.
void AddRemedy(ActionDenied& denial, const State& state, const BillingAccount& payer, const Advice& advice) {
  const UserId user = UserId::Trusted(denial.user_id());
  const auto organization = payer.id.organization();
  if (!organization.has_value()) {
    denial.add_lifters(payer.id.text());
    denial.set_remedy(payer.id.text() == user.text()
                          ? advice.to_lifter
                          : absl::StrCat("Ask the owner of the billing account to ", advice.wish, "."));
    return;
  }
  const Organization* paying = state.Find(*organization);
  BURSAR_CHECK(paying != nullptr);
  const MemberAccess* access = paying->Member(user);
  if (access != nullptr && access->admin) {
    denial.add_lifters(user.text());
    denial.set_remedy(advice.to_lifter);
    return;
  }
  if (paying->hides_admins || access == nullptr) {
    denial.set_remedy("Contact your admin.");
    return;
  }
  for (const UserId& admin : paying->Admins()) denial.add_lifters(admin.text());
  denial.set_remedy(absl::StrCat("Ask an admin of ", organization->text(), " to ", advice.wish, ": ",
                                 absl::StrJoin(denial.lifters(), ", "), "."));
}

void AddRemedyOfBudget(ActionDenied& denial, const State& state, const BillingAccount& payer) {
  AddRemedy(denial, state, payer, {.to_lifter = "Raise or remove the budget.", .wish = "raise the budget"});
  if (denial.bindings(0).reopen_time() == 0) return;
  const absl::Time reopens = absl::FromUnixMicros(denial.bindings(0).reopen_time());
  absl::StrAppend(denial.mutable_remedy(), " It begins anew at ",
                  absl::FormatTime(absl::RFC3339_full, reopens, absl::UTCTimeZone()), ".");
}

// The remedy of the first rule that is binding.
void SetRemedy(ActionDenied& denial, const State& state, const BillingAccount& payer) {
  const std::string& reason = denial.bindings(0).reason();
  if (reason == NameOf(Reason::kBillingNotSetUp)) {
    denial.set_remedy(payer.setup.status == BillingSetup::Status::kPending
                          ? "The billing contact has to open the mailed link and accept. It can be sent again."
                          : "Set up billing: accept the terms and name a billing contact.");
  } else if (reason == NameOf(Reason::kOrganizationExpired)) {
    denial.set_remedy("The organization's time is over: ask its operator for more, or name another payer.");
  } else if (reason == NameOf(Reason::kCostLimitExceeded)) {
    denial.set_remedy("Start the run with a higher cost limit.");
  } else if (reason == NameOf(Reason::kBudgetExceeded)) {
    AddRemedyOfBudget(denial, state, payer);
  } else {
    AddRemedy(denial, state, payer,
              {.to_lifter = "Ask for a higher limit, or pay what is outstanding.", .wish = "raise its limit"});
  }
}

SponsorShare ShareOf(const GatedAction& asked, const User& user, const BillingAccount& payer, const State& state,
                     absl::Time now) {
  return bursar::ShareOf(asked.cost, {.user = user, .payer = payer, .action = asked.action, .sku = "", .time = now},
                         state, now);
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

std::optional<ActionDenied> JudgeClaim(const State& state, const Claim& claim, absl::Time now) {
  if (IsAllowed(state, claim, now)) return std::nullopt;
  ActionDenied denial = Asked(claim.asked, claim.payer.id, claim.purpose);
  denial.set_currency(claim.payer.currency);
  denial.set_pending_increase(claim.payer.open_increase.number());
  denial.set_costs_hidden(claim.costs_hidden);
  if (claim.share.amount > Money()) {
    denial.set_sponsored_micros(claim.share.amount.micros());
    denial.set_sponsor_billing_account(claim.share.sponsor->id.text());
  }
  BindSetup(denial, claim);
  if (HasExpired(state, claim.payer.id, now)) BindExpiry(denial, claim);
  BindCostLimit(denial, claim);
  BindBudgets(denial, claim, now);
  BindFunds(denial, claim);
  SetRemedy(denial, state, claim.payer);
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
  const auto barred = project_pays ? std::nullopt : BarredFrom(state, asked.user, payer);
  // Those who may name a payer see what it has.
  verdict.costs_hidden = project_pays ? !SeesCosts(state, asked.user, payer) : barred.has_value();
  if (purpose == Purpose::kCheck && !action->gated) {
    if (verdict.payer == nullptr || barred) return verdict;
    verdict.funds = verdict.payer->balance.Funds(asked.action, now);
    verdict.share = ShareOf(asked, *user, *verdict.payer, state, now);
    return verdict;
  }
  if (barred) {
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
  verdict.share = ShareOf(asked, *user, *verdict.payer, state, now);
  const bool bounded = purpose == Purpose::kHold && asked.cost_limit > Money();
  verdict.denial = JudgeClaim(state,
                              {.payer = *verdict.payer,
                               .asked = asked,
                               .category = action->category,
                               .purpose = purpose,
                               .funds = verdict.funds,
                               .run_left = bounded ? std::optional<Money>(asked.cost_limit) : std::nullopt,
                               .share = verdict.share,
                               .costs_hidden = verdict.costs_hidden},
                              now);
  return verdict;
}

}  // namespace bursar

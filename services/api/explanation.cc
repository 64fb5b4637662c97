#include "services/api/explanation.h"

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/origins.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

constexpr size_t kMostHolds = 100;
constexpr int32_t kUsualCharges = 10;

// Rendering ----------------------------------------------------------------------------------------------------------

v1::ExplainDecisionResponse::Kind ToKind(Explanation::What what) {
  switch (what) {
    case Explanation::What::kCheck:
      return v1::ExplainDecisionResponse::KIND_CHECK;
    case Explanation::What::kHold:
      return v1::ExplainDecisionResponse::KIND_HOLD;
    case Explanation::What::kExtension:
      return v1::ExplainDecisionResponse::KIND_EXTENSION;
    case Explanation::What::kCapture:
      return v1::ExplainDecisionResponse::KIND_CAPTURE;
    case Explanation::What::kUsage:
      return v1::ExplainDecisionResponse::KIND_USAGE;
  }
  BURSAR_CHECK(!"an unknown kind of decision");
}

v1::ExplainedCredit::Standing ToStanding(ExplainedCredit::Standing standing) {
  switch (standing) {
    case ExplainedCredit::Standing::kCounts:
      return v1::ExplainedCredit::STANDING_COUNTS;
    case ExplainedCredit::Standing::kRestricted:
      return v1::ExplainedCredit::STANDING_RESTRICTED;
    case ExplainedCredit::Standing::kNotYetEffective:
      return v1::ExplainedCredit::STANDING_NOT_YET_EFFECTIVE;
    case ExplainedCredit::Standing::kExpired:
      return v1::ExplainedCredit::STANDING_EXPIRED;
    case ExplainedCredit::Standing::kRevoked:
      return v1::ExplainedCredit::STANDING_REVOKED;
    case ExplainedCredit::Standing::kMoved:
      return v1::ExplainedCredit::STANDING_MOVED;
  }
  BURSAR_CHECK(!"an unknown standing");
}

v1::GatedAction ToAsked(const GatedAction& asked) {
  v1::GatedAction shown;
  shown.set_action(asked.action);
  shown.set_user_id(asked.user.text());
  shown.set_project_id(asked.project.text());
  shown.set_bill_to(asked.bill_to.text());
  shown.set_cost_micros(asked.cost.micros());
  shown.set_cost_limit_micros(asked.cost_limit.micros());
  return shown;
}

v1::Decision DecisionOf(const Explanation& explanation, Position position) {
  if (explanation.denial.has_value()) return ToDenial(*explanation.denial, position);
  v1::Decision decision;
  decision.set_allowed(true);
  decision.set_position(position);
  decision.set_billing_account(explanation.asked.bill_to.text());
  decision.set_currency(explanation.currency);
  return decision;
}

v1::ExplainedCredit ToCredit(const ExplainedCredit& explained) {
  const Credit& credit = explained.credit;
  v1::ExplainedCredit shown;
  shown.set_credit_id(credit.id.text());
  shown.set_standing(ToStanding(explained.standing));
  shown.set_available_micros(credit.available.micros());
  shown.set_held_micros(credit.held.micros());
  shown.set_counted_micros(explained.counted().micros());
  shown.set_priority(credit.priority);
  if (credit.effective_time != absl::InfinitePast())
    *shown.mutable_effective_time() = ToTimestamp(credit.effective_time);
  if (credit.expire_time != absl::InfiniteFuture()) *shown.mutable_expire_time() = ToTimestamp(credit.expire_time);
  shown.mutable_actions()->Assign(credit.actions.begin(), credit.actions.end());
  shown.set_grant_position(credit.id.number());
  return shown;
}

v1::ExplainedBudget ToBudget(const ExplainedBudget& explained) {
  const Budget& budget = explained.budget;
  v1::ExplainedBudget shown;
  shown.set_budget_id(budget.id.text());
  shown.set_limit_micros(budget.limit.micros());
  shown.set_used_micros(explained.used.micros());
  shown.set_held_micros(budget.held.micros());
  shown.set_available_micros(explained.available.micros());
  shown.set_binding(explained.binding);
  shown.set_user_id(budget.scope.member.text());
  shown.set_project_id(budget.scope.project.text());
  shown.set_category(budget.scope.category);
  *shown.mutable_window_start_time() = ToTimestamp(explained.window.start);
  if (explained.window.end != absl::InfiniteFuture())
    *shown.mutable_window_end_time() = ToTimestamp(explained.window.end);
  return shown;
}

v1::ExplainedHold ToExplainedHold(const Hold& hold) {
  v1::ExplainedHold shown;
  shown.set_hold_id(hold.id.text());
  shown.set_user_id(hold.user.text());
  shown.set_action(hold.action);
  shown.set_held_micros(hold.Held().micros());
  for (const auto& [credit, amount] : hold.parts) {
    if (credit.empty()) shown.set_held_on_limit_micros(shown.held_on_limit_micros() + amount.micros());
  }
  *shown.mutable_expire_time() = ToTimestamp(hold.expire_time);
  shown.set_position(hold.id.number());
  return shown;
}

v1::ExplainedFunds ToFunds(const Explanation& explanation) {
  v1::ExplainedFunds shown;
  shown.set_currency(explanation.currency);
  shown.set_funds_micros(explanation.funds.micros());
  shown.set_credits_micros(explanation.credits_counted.micros());
  shown.set_limit_micros(explanation.limit.micros());
  shown.set_outstanding_micros(explanation.outstanding.micros());
  shown.set_held_micros(explanation.held_on_limit.micros());
  for (const ExplainedCredit& credit : explanation.credits) *shown.add_credits() = ToCredit(credit);
  for (size_t i = 0; i < std::min(kMostHolds, explanation.holds.size()); ++i)
    *shown.add_holds() = ToExplainedHold(explanation.holds[i]);
  shown.set_hold_count(static_cast<int64_t>(explanation.holds.size()));
  return shown;
}

// Where the numbers come from ----------------------------------------------------------------------------------------

// Adds the entries to what was worked out from the state before; the first error is remembered.
class OriginsAdder {
 public:
  OriginsAdder(const Origins& origins, const Explanation& explanation, v1::ExplainDecisionResponse& response)
      : origins_(origins), explanation_(explanation), response_(response) {}

  absl::Status Add(int32_t most_charges) {
    AddToFunds(*response_.mutable_funds(), most_charges);
    for (auto& budget : *response_.mutable_budgets()) {
      const auto id = IdOf<BudgetId>(budget.budget_id());
      budget.set_set_position(Got(origins_.BudgetOf(explanation_.asked.bill_to, id, at())));
    }
    AddPolicies();
    return status_;
  }

 private:
  Position at() const { return explanation_.before; }

  Position Got(const absl::StatusOr<Position>& position) {
    status_.Update(position.status());
    return position.ok() ? *position : 0;
  }

  void AddToFunds(v1::ExplainedFunds& funds, int32_t most_charges) {
    funds.set_limit_position(Got(origins_.LimitOf(explanation_.asked.bill_to, at())));
    for (auto& credit : *funds.mutable_credits()) {
      credit.set_promotion_position(Got(origins_.PromotionOf(IdOf<CreditId>(credit.credit_id()))));
    }
    for (auto& hold : *funds.mutable_holds()) {
      const auto extensions = origins_.ExtensionsOf(IdOf<HoldId>(hold.hold_id()), at());
      status_.Update(extensions.status());
      if (extensions.ok()) hold.mutable_extension_positions()->Assign(extensions->begin(), extensions->end());
    }
    const auto debts =
        origins_.DebtsOf(explanation_.asked.bill_to, explanation_.outstanding, at(), static_cast<size_t>(most_charges));
    status_.Update(debts.status());
    if (!debts.ok()) return;
    funds.set_unpaid_count(static_cast<int64_t>(debts->count));
    for (const Debt& debt : debts->oldest) {
      auto& shown = *funds.add_unpaid();
      shown.set_position(debt.position);
      shown.set_unpaid_micros(debt.unpaid.micros());
    }
  }

  void AddOrigin(const char* what, Position position) {
    if (position == 0) return;
    auto& origin = *response_.add_origins();
    origin.set_what(what);
    origin.set_position(position);
  }

  void AddPolicies() {
    const GatedAction& asked = explanation_.asked;
    if (explanation_.what != Explanation::What::kUsage)
      AddOrigin("action catalogue", Got(origins_.CatalogueOf(explanation_.time, at())));
    if (explanation_.metered.has_value()) AddOrigin("price list", explanation_.metered->price_list());
    AddOrigin("billing set up, or its link mailed", explanation_.setup_at);
    if (!asked.project.empty()) AddOrigin("payer of the project", Got(origins_.PayerOf(asked.project, at())));
    if (const auto organization = asked.bill_to.organization())
      AddOrigin("who may bill to the organization", Got(origins_.AccessOf(*organization, asked.user, at())));
  }

  const Origins& origins_;
  const Explanation& explanation_;
  v1::ExplainDecisionResponse& response_;
  absl::Status status_;
};

}  // namespace

v1::ExplainDecisionResponse ToExplanation(const Explanation& explanation, Position position) {
  v1::ExplainDecisionResponse response;
  response.set_summary(InWords(explanation));
  *response.mutable_decision() = DecisionOf(explanation, position);
  response.set_kind(ToKind(explanation.what));
  response.set_position(position);
  *response.mutable_time() = ToTimestamp(explanation.time);
  *response.mutable_asked() = ToAsked(explanation.asked);
  if (explanation.hold.has_value()) *response.mutable_hold() = ToHold(*explanation.hold, explanation.currency);
  if (explanation.metered.has_value()) *response.mutable_usage() = ToUsage(*explanation.metered);
  SetParts(*response.mutable_drawn(), explanation.drawn);
  if (!explanation.has_payer) return response;
  *response.mutable_funds() = ToFunds(explanation);
  for (const ExplainedBudget& budget : explanation.budgets) *response.add_budgets() = ToBudget(budget);
  return response;
}

absl::StatusOr<v1::ExplainDecisionResponse> WithOrigins(const Ledger& ledger, const Call& call,
                                                        const Explanation& explanation, int32_t most_charges,
                                                        v1::ExplainDecisionResponse response) {
  if (!explanation.has_payer) return response;
  constexpr absl::Duration kLongest = absl::Seconds(10);
  const absl::Time latest = std::min(call.deadline, absl::Now() + kLongest);
  if (!ledger.WaitForProjections(explanation.before, latest).ok())
    return LedgerUnavailable("its projections are behind");
  OriginsAdder adder(ledger.projections().origins(), explanation, response);
  const int32_t most = most_charges == 0 ? kUsualCharges : most_charges;
  if (auto status = adder.Add(most); !status.ok()) return status;
  return response;
}

}  // namespace bursar

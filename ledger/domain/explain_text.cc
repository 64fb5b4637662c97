// Explanations in words.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/base/check.h"
#include "ledger/domain/explain.h"

namespace bursar {
namespace {

using What = Explanation::What;

std::string At(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone()); }

std::string Amount(Money amount, const Explanation& explanation) { return ToString(amount, explanation.currency); }

std::string AskedFor(const Explanation& explanation) {
  const GatedAction& asked = explanation.asked;
  const std::string cost = absl::StrCat(" at a cost of ", Amount(asked.cost, explanation));
  switch (explanation.what) {
    case What::kCheck:
      return absl::StrCat(asked.user.text(), " asked whether ", asked.action, cost, " may go ahead");
    case What::kHold:
      return absl::StrCat(asked.user.text(), " asked for a hold for ", asked.action, cost);
    case What::kExtension:
      return absl::StrCat(Amount(asked.cost, explanation), " more was asked for ", explanation.hold->id.text(), " (",
                          asked.action, " of ", asked.user.text(), ")");
    case What::kCapture:
      return absl::StrCat(Amount(asked.cost, explanation), " of ", explanation.hold->id.text(), " (", asked.action,
                          " of ", asked.user.text(), ") was charged");
    case What::kUsage:
      return absl::StrCat(Amount(asked.cost, explanation), " of usage by ", asked.user.text(), " was charged");
  }
  BURSAR_CHECK(!"an unknown kind of decision");
}

std::string Metering(const Explanation& explanation) {
  if (!explanation.metered.has_value()) return "";
  const auto& metered = *explanation.metered;
  return absl::StrCat(" It is ", metered.quantity(), " of ", metered.sku(), " at ",
                      Amount(Money::Micros(metered.price_micros()), explanation), " per ", metered.per_quantity(),
                      ", by the price list of entry ", metered.price_list(), ".");
}

std::string Outcome(const Explanation& explanation) {
  if (explanation.what == What::kCapture || explanation.what == What::kUsage) return Metering(explanation);
  if (!explanation.denial.has_value()) return " It may go ahead.";
  std::vector<std::string> rules;
  for (const auto& binding : explanation.denial->bindings()) {
    std::string rule = absl::StrCat(binding.rule(), " (", binding.reason(), ")");
    if (binding.shortfall_micros() != 0) {
      absl::StrAppend(&rule, ", short by ", Amount(Money::Micros(binding.shortfall_micros()), explanation));
    }
    rules.push_back(std::move(rule));
  }
  return absl::StrCat(" It was denied by: ", absl::StrJoin(rules, "; "), ".");
}

std::string Uncounted(const Explanation& explanation) {
  const auto unusable = std::count_if(explanation.credits.begin(), explanation.credits.end(), [](const auto& credit) {
    return credit.standing != ExplainedCredit::Standing::kCounts && credit.credit.available > Money();
  });
  if (unusable == 0) return "";
  return absl::StrCat(" ", unusable, unusable == 1 ? " other credit" : " other credits", " did not count for it.");
}

std::string Funds(const Explanation& explanation) {
  if (!explanation.has_payer) return "";
  return absl::StrCat(" Before, ", explanation.asked.bill_to.text(), " had ", Amount(explanation.funds, explanation),
                      " for it: ", Amount(explanation.credits_counted, explanation), " in credits, and a limit of ",
                      Amount(explanation.limit, explanation), ", less ", Amount(explanation.outstanding, explanation),
                      " outstanding and ", Amount(explanation.held_on_limit, explanation), " held.",
                      Uncounted(explanation));
}

std::string Budgets(const Explanation& explanation) {
  std::string text;
  for (const ExplainedBudget& budget : explanation.budgets) {
    absl::StrAppend(&text, " ", budget.budget.id.text(), " allows ", Amount(budget.budget.limit, explanation),
                    ", of which ", Amount(budget.used, explanation), " was used and ",
                    Amount(budget.budget.held, explanation), " held", budget.binding ? ": it stood in the way." : ".");
  }
  return text;
}

std::string Sponsor(const Explanation& explanation) {
  if (explanation.sponsored == Money()) return "";
  return absl::StrCat(" Of the cost, ", Amount(explanation.sponsored, explanation), " is paid by its sponsor, ",
                      explanation.sponsor.text(), ".");
}

std::string Draw(const Explanation& explanation) {
  if (explanation.drawn.empty()) return "";
  std::vector<std::string> parts;
  for (const auto& part : explanation.drawn) {
    parts.push_back(absl::StrCat(Amount(Money::Micros(part.amount_micros()), explanation), " from ",
                                 part.credit() == 0 ? "the limit" : CreditId(part.credit()).text()));
  }
  return absl::StrCat(" It draws ", absl::StrJoin(parts, ", "),
                      explanation.what == What::kCapture
                          ? ": what the hold had set aside, in its order."
                          : ": credits by priority, expiry and age, and the limit for what they do not cover.");
}

std::string Remedy(const Explanation& explanation) {
  if (!explanation.denial.has_value() || explanation.denial->remedy().empty()) return "";
  return absl::StrCat(" ", explanation.denial->remedy());
}

}  // namespace

std::string InWords(const Explanation& explanation) {
  return absl::StrCat("At ", At(explanation.time), ", ", AskedFor(explanation), ".", Outcome(explanation),
                      Sponsor(explanation), Funds(explanation), Budgets(explanation), Draw(explanation),
                      Remedy(explanation));
}

}  // namespace bursar

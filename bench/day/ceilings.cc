#include "bench/day/ceilings.h"

#include <utility>

namespace bursar::day {
namespace {

// On one member, on one project, or on all compute.
Ceiling Draw(Random& random, const Population& population, Payer payer, uint32_t project) {
  Ceiling ceiling{.payer = payer};
  const Currency currency = population.CurrencyOf(payer);
  switch (random.Below(3)) {
    case 0:
      ceiling.person = population.projects[project].owner;
      ceiling.limit_micros = FromUsd(random.LogNormal(100, 1'000) * kUnit, currency);
      break;
    case 1:
      ceiling.project = project;
      ceiling.limit_micros = FromUsd(random.LogNormal(100, 1'000) * kUnit, currency);
      break;
    default:
      ceiling.limit_micros = population.LimitOf(payer) / 4;
  }
  return ceiling;
}

}  // namespace

void PlanCeilings(Random random, const Population& population, Plan& plan) {
  Phase phase{.name = "budgets are set"};
  std::optional<Payer> seen;
  for (uint32_t project = 0; project < population.projects.size(); ++project) {
    const Payer payer = population.projects[project].payer;
    const bool next = seen != payer;
    seen = payer;
    // The burst is counted on the institute's funds alone.
    if (!next || !population.IsOrganization(payer) || payer == kInstitute || payer == kSponsor) continue;
    if (!random.Chance(1, 4)) continue;
    plan.ceilings.push_back(Draw(random, population, payer, project));
    const auto second = static_cast<int32_t>(random.Between(-kHour, -1));
    phase.steps.push_back({second, StepKind::kSetCeiling, static_cast<uint32_t>(plan.ceilings.size() - 1)});
  }
  plan.phases.push_back(std::move(phase));
}

}  // namespace bursar::day

#include "bench/day/loose_ends.h"

#include <utility>
#include <vector>

namespace bursar::day {
namespace {

void MergeTwins(const Population& population, std::vector<Step>& steps) {
  for (uint32_t person = 0; person < population.people.size(); ++person) {
    if (population.people[person].twin_of.has_value()) steps.push_back({kDay, StepKind::kMerge, person});
  }
}

// One in twenty of those who sit nowhere and whose own billing never was set up.
void Leave(Random random, const Population& population, std::vector<Step>& steps) {
  std::vector<bool> sits(population.people.size());
  for (const Organization& organization : population.organizations) {
    for (const Seat& seat : organization.seats) sits[seat.person] = true;
  }
  for (uint32_t person = 0; person < population.people.size(); ++person) {
    if (sits[person] || population.IsSetUp(population.PayerOf(person)) || !random.Chance(1, 20)) continue;
    steps.push_back({kDay, StepKind::kLeave, person});
  }
}

// One project in 250: half of them are taken along by their owners, half are handed over to another organization.
void MoveProjects(Random random, const Population& population, std::vector<Step>& steps) {
  const auto organizations = static_cast<int64_t>(population.organizations.size());
  for (uint32_t project = 0; project < population.projects.size(); ++project) {
    const Project& moved = population.projects[project];
    if (!population.IsOrganization(moved.payer) || !random.Chance(1, 250)) continue;
    const auto receiver = static_cast<Payer>(random.Below(organizations));
    if (population.IsSetUp(population.PayerOf(moved.owner))) {
      steps.push_back({kDay, StepKind::kMoveOut, project});
    } else if (receiver != moved.payer && population.IsSetUp(receiver)) {
      steps.push_back({kDay, StepKind::kHandOver, project, static_cast<int32_t>(receiver)});
    }
  }
}

}  // namespace

void PlanLooseEnds(Random random, const Population& population, Plan& plan) {
  Phase phase{.name = "the day is over"};
  MergeTwins(population, phase.steps);
  Leave(Random(random.Next()), population, phase.steps);
  MoveProjects(Random(random.Next()), population, phase.steps);
  plan.phases.push_back(std::move(phase));
}

}  // namespace bursar::day

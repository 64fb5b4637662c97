#include "bench/day/founding.h"

#include <algorithm>

namespace bursar::day {
namespace {

// Days before the day at which the phases begin.
constexpr int32_t kRegistering = -24 * kDay;
constexpr int32_t kFoundingLabs = -17 * kDay;
constexpr int32_t kJoiningEarly = -16 * kDay;
constexpr int32_t kSettingUp = -14 * kDay;
constexpr int32_t kJoiningLate = -6 * kDay;
constexpr int32_t kSettingLimits = -4 * kDay;
constexpr int32_t kOpening = -2 * kDay;

int32_t Within(Random& random, int32_t from, int32_t span) { return from + static_cast<int32_t>(random.Below(span)); }

Phase Register(Random random, const Population& population) {
  Phase phase{.name = "people register"};
  for (uint32_t person = 0; person < population.people.size(); ++person) {
    phase.steps.push_back({Within(random, kRegistering, 7 * kDay), StepKind::kRegister, person});
  }
  return phase;
}

Phase Found(Random random, const Population& population) {
  Phase phase{.name = "organizations appear"};
  for (Payer payer = 0; payer < population.organizations.size(); ++payer) {
    phase.steps.push_back({Within(random, kFoundingLabs, kDay), StepKind::kFound, payer});
  }
  return phase;
}

// Half of the members join before the organization's billing is set up, and half after.
Phase Join(Random random, const Population& population, bool late) {
  Phase phase{.name = late ? "more members join" : "members join"};
  for (Payer payer = 0; payer < population.organizations.size(); ++payer) {
    const auto seats = static_cast<int32_t>(population.organizations[payer].seats.size());
    for (int32_t seat = late ? 2 : 1; seat < seats; seat += 2) {
      const int32_t invited = Within(random, late ? kJoiningLate : kJoiningEarly, kDay);
      phase.steps.push_back({invited, StepKind::kInvite, payer, seat});
      phase.steps.push_back({Within(random, invited + 1, kDay), StepKind::kAccept, payer, seat});
    }
  }
  return phase;
}

// An operator agrees to a slot of half a day, at the beginning of which the link is mailed; its contact uses it in the
// middle, or misses it.
void BeHelped(Payer payer, int32_t asked, Contact contact, std::vector<Step>& steps) {
  const int32_t slot = kSettingUp + ((asked - kSettingUp) / kSlot + 2) * kSlot;
  steps.push_back({asked, StepKind::kAskForHelp, payer, slot});
  steps.push_back({asked + kHour, StepKind::kPickSlot, payer});
  if (contact == Contact::kNeverConfirms) return;
  const int32_t used = slot + kSlot / 2;
  steps.push_back({used, contact == Contact::kDeclines ? StepKind::kDecline : StepKind::kConfirm, payer});
  if (contact == Contact::kConfirmsTwice) steps.push_back({used + 1, StepKind::kConfirmAgain, payer});
}

Phase SetUpBilling(Random random, const Population& population) {
  Phase phase{.name = "billing contacts confirm"};
  for (Payer payer = 0; payer < population.payers(); ++payer) {
    if (!population.HasContact(payer)) continue;
    const int32_t sent = Within(random, kSettingUp, 2 * kDay);
    const auto wait = static_cast<int32_t>(std::min<int64_t>(random.LogNormal(20 * kHour, 60 * kHour), 3 * kDay));
    if (population.RouteOf(payer) == Route::kAssisted) {
      BeHelped(payer, sent, population.ContactOf(payer), phase.steps);
      continue;
    }
    phase.steps.push_back({sent, StepKind::kSubmitForm, payer});
    switch (population.ContactOf(payer)) {
      case Contact::kNeverConfirms:
        break;
      case Contact::kDeclines:
        phase.steps.push_back({sent + wait, StepKind::kDecline, payer});
        break;
      case Contact::kConfirmsTwice:
        phase.steps.push_back({sent + wait, StepKind::kConfirm, payer});
        phase.steps.push_back({sent + wait + 1, StepKind::kConfirmAgain, payer});
        break;
      case Contact::kConfirmsSecondMail:
        phase.steps.push_back({sent + 2 * kDay, StepKind::kResendMail, payer});
        phase.steps.push_back({sent + 2 * kDay + wait, StepKind::kConfirm, payer});
        break;
      case Contact::kConfirms:
        phase.steps.push_back({sent + wait, StepKind::kConfirm, payer});
        break;
    }
  }
  return phase;
}

Phase SetLimits(Random random, const Population& population) {
  Phase phase{.name = "limits and default payers are set"};
  for (Payer payer = 0; payer < population.payers(); ++payer) {
    if (!population.IsSetUp(payer)) continue;
    phase.steps.push_back({Within(random, kSettingLimits, kDay), StepKind::kSetLimit, payer});
  }
  phase.steps.push_back({kSettingLimits + kDay - 1, StepKind::kSponsor});
  for (uint32_t person = 0; person < population.people.size(); ++person) {
    if (!population.people[person].employer.has_value()) continue;
    phase.steps.push_back({Within(random, kSettingLimits, kDay), StepKind::kDefaultPayer, person});
  }
  return phase;
}

Phase OpenProjects(Random random, const Population& population) {
  Phase phase{.name = "projects are opened"};
  for (uint32_t project = 0; project < population.projects.size(); ++project) {
    phase.steps.push_back({Within(random, kOpening, 2 * kDay - kHour), StepKind::kOpenProject, project});
  }
  return phase;
}

}  // namespace

std::vector<Phase> PlanFounding(Random random, const Population& population) {
  const auto stream = [&random] { return Random(random.Next()); };
  std::vector<Phase> phases;
  phases.push_back(Register(stream(), population));
  phases.push_back(Found(stream(), population));
  phases.push_back(Join(stream(), population, /*late=*/false));
  phases.push_back(SetUpBilling(stream(), population));
  phases.push_back(Join(stream(), population, /*late=*/true));
  phases.push_back(SetLimits(stream(), population));
  phases.push_back(OpenProjects(stream(), population));
  return phases;
}

}  // namespace bursar::day

#include "bench/day/plan.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "bench/day/ceilings.h"
#include "bench/day/days_work.h"
#include "bench/day/founding.h"
#include "bench/day/loose_ends.h"

namespace bursar::day {
namespace {

void SortByTime(Phase& phase) {
  std::stable_sort(phase.steps.begin(), phase.steps.end(),
                   [](const Step& a, const Step& b) { return a.second < b.second; });
}

}  // namespace

Plan MakePlan(uint64_t seed, const Population& population) {
  Plan plan;
  plan.phases = PlanFounding(Random(seed, 10), population);
  PlanCeilings(Random(seed, 15), population, plan);
  PlanDaysWork(seed, population, plan);
  PlanLooseEnds(Random(seed, 16), population, plan);
  for (Phase& phase : plan.phases) SortByTime(phase);
  return plan;
}

uint64_t Fingerprint(const Plan& plan) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](int64_t value) {
    for (int byte = 0; byte < 8; ++byte) {
      hash = (hash ^ (static_cast<uint64_t>(value) >> (8 * byte) & 0xff)) * 0x100000001b3;
    }
  };
  for (const Job& job : plan.jobs) {
    for (const int64_t value :
         {int64_t{job.payer}, int64_t{job.person}, int64_t{job.project.value_or(0)}, job.width,
          static_cast<int64_t>(job.sku), int64_t{job.start}, int64_t{job.seconds}, int64_t{job.held_seconds},
          int64_t{job.extended_seconds}, int64_t{job.lost_by_platform}, int64_t{job.cost_limit_percent}}) {
      add(value);
    }
  }
  for (const Download& download : plan.downloads) {
    add(download.project);
    add(download.mib);
  }
  for (const Ceiling& ceiling : plan.ceilings) {
    add(ceiling.payer);
    add(ceiling.limit_micros);
  }
  for (const Phase& phase : plan.phases) {
    for (const Step& step : phase.steps) {
      add(step.second);
      add(static_cast<int64_t>(step.kind));
      add(step.subject);
      add(step.detail);
    }
  }
  return hash;
}

std::string ClockText(int32_t second) {
  int32_t day = second / kDay;
  if (second % kDay < 0) --day;
  const int32_t rest = second - day * kDay;
  std::string clock = absl::StrFormat("%02d:%02d", rest / kHour, rest % kHour / kMinute);
  if (day == 0) return clock;
  if (rest == 0 && day == 1) return "24:00";
  return absl::StrFormat("day %d %s", day, clock);
}

}  // namespace bursar::day

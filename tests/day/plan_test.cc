#include "bench/day/plan.h"

#include <algorithm>
#include <map>

#include "gmock/gmock.h"

namespace bursar::day {
namespace {

Plan PlanOf(uint64_t seed, int64_t thousandths) {
  return MakePlan(seed, MakePopulation(seed, Scale{.thousandths = thousandths}));
}

int64_t CountOf(StepKind kind, const std::vector<Step>& steps) {
  return std::count_if(steps.begin(), steps.end(), [&](const Step& step) { return step.kind == kind; });
}

const std::vector<Step>& TheDay(const Plan& plan) {
  return std::find_if(plan.phases.begin(), plan.phases.end(),
                      [](const Phase& phase) { return phase.name == "the day"; })
      ->steps;
}

TEST(Plan, IsTheSameForTheSameSeedOnEveryPlatform) { EXPECT_EQ(Fingerprint(PlanOf(42, 50)), 13342085300981083234u); }

TEST(Plan, IsAnotherOneForAnotherSeed) { EXPECT_NE(Fingerprint(PlanOf(42, 50)), Fingerprint(PlanOf(43, 50))); }

TEST(Plan, HasAMediumDaysWork) {
  const Plan plan = PlanOf(42, 1000);
  const std::vector<Step>& day = TheDay(plan);
  EXPECT_EQ(plan.jobs.size(), 30'000u);
  EXPECT_EQ(plan.jobs.size() - plan.first_of_burst, 5'000u);
  EXPECT_EQ(std::count_if(plan.jobs.begin(), plan.jobs.end(), [](const Job& job) { return job.payer == kInstitute; }),
            9'000);
  EXPECT_EQ(CountOf(StepKind::kUpload, day), 12'000);
  EXPECT_EQ(CountOf(StepKind::kReadBalance, day), 150'000);
  EXPECT_EQ(CountOf(StepKind::kDownload, day), 9'000);
  EXPECT_EQ(CountOf(StepKind::kBurst, day), 1);
}

TEST(Plan, DaysAreFourTimesAsBusyAsNights) {
  const Plan plan = PlanOf(42, 1000);
  int64_t by_day = 0;
  int64_t by_night = 0;
  for (const Step& step : TheDay(plan)) {
    if (step.kind != StepKind::kReadBalance) continue;
    ++(step.second >= 8 * kHour && step.second < 20 * kHour ? by_day : by_night);
  }
  EXPECT_NEAR(static_cast<double>(by_day) / static_cast<double>(by_night), 4.0, 0.1);
}

TEST(Plan, PhasesFollowOneAnotherInTime) {
  const Plan plan = PlanOf(42, 100);
  int32_t second = plan.phases.front().steps.front().second;
  for (const Phase& phase : plan.phases) {
    for (const Step& step : phase.steps) {
      EXPECT_GE(step.second, second) << phase.name;
      second = step.second;
    }
  }
  EXPECT_LE(second, kDay);
}

TEST(Plan, JobsStartBeforeTheyAreMeteredAndEndAfter) {
  const Plan plan = PlanOf(42, 100);
  enum Stage { kNotStarted, kRunning, kOver };
  std::map<uint32_t, Stage> stages;
  std::map<uint32_t, int32_t> metered;
  for (const Step& step : TheDay(plan)) {
    switch (step.kind) {
      case StepKind::kBurst:
        for (size_t job = plan.first_of_burst; job < plan.jobs.size(); ++job)
          stages[static_cast<uint32_t>(job)] = kRunning;
        break;
      case StepKind::kStartJob:
        ASSERT_EQ(stages[step.subject], kNotStarted);
        stages[step.subject] = kRunning;
        break;
      case StepKind::kMeterJob:
        ASSERT_GT(step.detail, metered[step.subject]);
        metered[step.subject] = step.detail;
        [[fallthrough]];
      case StepKind::kExtendJob:
        ASSERT_EQ(stages[step.subject], kRunning);
        break;
      case StepKind::kEndJob:
      case StepKind::kLoseJob:
        ASSERT_EQ(stages[step.subject], kRunning);
        stages[step.subject] = kOver;
        break;
      default:
        break;
    }
  }
}

TEST(Plan, HoldsAreGoodForTheWholeRun) {
  const Plan plan = PlanOf(42, 1000);
  for (const Job& job : plan.jobs) {
    EXPECT_GT(job.seconds, 0);
    EXPECT_GE(std::max(job.held_seconds, job.extended_seconds), job.seconds);
    const int64_t held = Plan::HoldMicros(job, Currency::kUsd, job.held_seconds);
    EXPECT_GT(held, 0);
  }
}

TEST(Plan, JobsOutsideAProjectAreAskedForByMembersWhoMayNotBill) {
  const Population population = MakePopulation(42, Scale{});
  const Plan plan = MakePlan(42, population);
  int64_t without = 0;
  for (const Job& job : plan.jobs) {
    if (job.project.has_value()) continue;
    ++without;
    const auto& seats = population.organizations[job.payer].seats;
    EXPECT_TRUE(std::any_of(seats.begin(), seats.end(),
                            [&](const Seat& seat) { return seat.person == job.person && !seat.may_bill; }));
  }
  EXPECT_GT(without, 10);
}

TEST(Plan, TheSmallestDayHasABurst) {
  const Plan plan = PlanOf(1, 1);
  EXPECT_GT(plan.jobs.size(), plan.first_of_burst);
}

TEST(ClockText, CountsDaysBeforeTheDay) {
  EXPECT_EQ(ClockText(0), "00:00");
  EXPECT_EQ(ClockText(14 * kHour + 5 * kMinute), "14:05");
  EXPECT_EQ(ClockText(kDay), "24:00");
  EXPECT_EQ(ClockText(-1), "day -1 23:59");
  EXPECT_EQ(ClockText(-kDay), "day -1 00:00");
}

}  // namespace
}  // namespace bursar::day

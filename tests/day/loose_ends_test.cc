#include "bench/day/loose_ends.h"

#include <algorithm>
#include <set>

#include "gmock/gmock.h"

namespace bursar::day {
namespace {

class MediumDay : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    population_ = new Population(MakePopulation(42, Scale{}));
    plan_ = new Plan(MakePlan(42, *population_));
  }
  static void TearDownTestSuite() {
    delete plan_;
    delete population_;
  }

  static const Population& population() { return *population_; }
  static const Plan& plan() { return *plan_; }
  static std::vector<Step> StepsOf(StepKind kind) {
    std::vector<Step> found;
    for (const Phase& phase : plan_->phases) {
      std::copy_if(phase.steps.begin(), phase.steps.end(), std::back_inserter(found),
                   [kind](const Step& step) { return step.kind == kind; });
    }
    return found;
  }

 private:
  static Population* population_;
  static Plan* plan_;
};

Population* MediumDay::population_ = nullptr;
Plan* MediumDay::plan_ = nullptr;

TEST_F(MediumDay, MergesEveryTwinOnceAndWithOneOfItsCurrency) {
  std::set<uint32_t> stay;
  for (const Step& step : StepsOf(StepKind::kMerge)) {
    const Person& gone = population().people[step.subject];
    EXPECT_TRUE(stay.insert(*gone.twin_of).second);
    EXPECT_EQ(population().people[*gone.twin_of].currency, gone.currency);
  }
  EXPECT_EQ(stay.size(), 40u);
}

TEST_F(MediumDay, NoTwinHasAJobWhenItIsMerged) {
  for (const Job& job : plan().jobs) {
    if (population().IsOrganization(job.payer)) continue;
    ASSERT_FALSE(population().PersonOf(job.payer).twin_of.has_value());
  }
}

TEST_F(MediumDay, OnlyThoseLeaveWhoSitNowhere) {
  std::set<uint32_t> sit;
  for (const Organization& organization : population().organizations) {
    for (const Seat& seat : organization.seats) sit.insert(seat.person);
  }
  const std::vector<Step> leave = StepsOf(StepKind::kLeave);
  EXPECT_FALSE(leave.empty());
  for (const Step& step : leave) EXPECT_EQ(sit.count(step.subject), 0u);
}

TEST_F(MediumDay, ProjectsGoToThoseWhoMayPay) {
  const std::vector<Step> offers = StepsOf(StepKind::kHandOver);
  EXPECT_FALSE(offers.empty());
  EXPECT_FALSE(StepsOf(StepKind::kMoveOut).empty());
  for (const Step& step : offers) {
    const auto receiver = static_cast<Payer>(step.detail);
    EXPECT_TRUE(population().IsSetUp(receiver));
    EXPECT_NE(population().projects[step.subject].payer, receiver);
  }
}

TEST_F(MediumDay, BudgetsAreInsideOrganizationsButNotTheInstitute) {
  EXPECT_GT(plan().ceilings.size(), 100u);
  for (const Ceiling& ceiling : plan().ceilings) {
    EXPECT_TRUE(population().IsOrganization(ceiling.payer));
    EXPECT_NE(ceiling.payer, kInstitute);
    EXPECT_GT(ceiling.limit_micros, 0);
  }
}

TEST_F(MediumDay, HelpHasASlotThatIsStillToCome) {
  const std::vector<Step> asked = StepsOf(StepKind::kAskForHelp);
  EXPECT_FALSE(asked.empty());
  for (const Step& step : asked) EXPECT_GT(step.detail, step.second + kHour);
}

}  // namespace
}  // namespace bursar::day

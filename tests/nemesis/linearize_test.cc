#include "tests/nemesis/linearize.h"

#include "gtest/gtest.h"
#include "tests/nemesis/history.h"

namespace bursar::nemesis {
namespace {

using Verdict = Linearization::Verdict;

Step Grant(int64_t invoked, int64_t returned, int64_t amount) {
  return {invoked, returned,
          [amount](AccountModel& model) {
            model.funds += amount;
            return true;
          },
          "grant"};
}

// Allowed, and told what is left.
Step Hold(int64_t invoked, int64_t returned, int64_t cost, int64_t left) {
  return {invoked, returned,
          [=](AccountModel& model) {
            model.funds -= cost;
            return model.funds >= 0 && model.funds == left;
          },
          "hold"};
}

Step Read(int64_t invoked, int64_t returned, int64_t funds) {
  return {invoked, returned, [funds](AccountModel& model) { return model.funds == funds; }, "read"};
}

Verdict VerdictOn(const std::vector<Step>& steps) { return Linearize(steps, absl::Seconds(10)).verdict; }

TEST(Linearize, FindsTheOnlyOrderOfStepsAtTheSameTime) {
  EXPECT_EQ(VerdictOn({Grant(1, 2, 10), Hold(3, 9, 4, 2), Hold(3, 9, 1, 9), Hold(3, 9, 3, 6), Read(3, 9, 6)}),
            Verdict::kFound);
}

TEST(Linearize, RefusesAReadOfWhatWasBefore) {
  EXPECT_EQ(VerdictOn({Grant(1, 2, 10), Read(3, 4, 0)}), Verdict::kNone);
  EXPECT_EQ(VerdictOn({Grant(1, 3, 10), Read(2, 4, 0)}), Verdict::kFound) << "They overlap.";
}

TEST(Linearize, RefusesAReadThatGoesBack) {
  EXPECT_EQ(VerdictOn({Grant(1, 9, 10), Read(2, 3, 10), Read(4, 5, 0)}), Verdict::kNone);
}

TEST(Linearize, RefusesTheSameMoneyTwice) {
  EXPECT_EQ(VerdictOn({Grant(1, 2, 10), Hold(3, 9, 10, 0), Hold(3, 9, 10, 0)}), Verdict::kNone);
}

TEST(Linearize, LetsAnUnansweredStepHappenLateOrNever) {
  EXPECT_EQ(VerdictOn({Grant(1, kNever, 10), Read(3, 4, 0), Read(5, 6, 0)}), Verdict::kFound);
  EXPECT_EQ(VerdictOn({Grant(1, kNever, 10), Read(3, 4, 0), Read(5, 6, 10)}), Verdict::kFound);
  EXPECT_EQ(VerdictOn({Grant(1, kNever, 10), Read(3, 4, 10), Read(5, 6, 0)}), Verdict::kNone) << "Not undone.";
  EXPECT_EQ(VerdictOn({Grant(1, kNever, 10), Read(3, 4, 20)}), Verdict::kNone) << "Not twice.";
  EXPECT_EQ(VerdictOn({Grant(5, kNever, 10), Read(3, 4, 10)}), Verdict::kNone) << "Not before it was asked for.";
}

TEST(Linearize, IsNotLostInManyUnansweredSteps) {
  std::vector<Step> steps = {Grant(1, 2, 1'000'000)};
  for (int i = 0; i < 12; ++i) steps.push_back(Grant(3, kNever, 1 << i));
  for (int i = 1; i <= 300; ++i) steps.push_back(Hold(2 * i + 2, 2 * i + 3, 1, 1'000'000 - i));
  EXPECT_EQ(VerdictOn(steps), Verdict::kFound);
}

TEST(Linearize, SaysThatItRanOutOfTime) {
  std::vector<Step> steps;
  for (int i = 0; i < 24; ++i) steps.push_back(Grant(1, 2, int64_t{1} << i));
  steps.push_back(Read(1, 2, -1));
  EXPECT_EQ(Linearize(steps, absl::Milliseconds(20)).verdict, Verdict::kOutOfTime);
}

}  // namespace
}  // namespace bursar::nemesis

// A wall clock that jumps, beside one that does not.
#include "ledger/base/steadied_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class SteadiedClockTest : public testing::Test {
 protected:
  // Time goes on, for both clocks.
  void Pass(absl::Duration by) {
    wall.Advance(by);
    steady += by;
  }
  absl::Duration SinceStart() { return clock.Now() - kStart; }

  ManualClock wall{kStart};
  absl::Duration steady = absl::Hours(1);
  std::vector<std::string> told;
  SteadiedClock clock{{.wall = &wall,
                       .steady = [this] { return steady; },
                       .warn = [this](const std::string& sentence) { told.push_back(sentence); }}};
};

TEST_F(SteadiedClockTest, SaysWhatTheWallClockSays) {
  Pass(absl::Hours(30));
  EXPECT_EQ(SinceStart(), absl::Hours(30));
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(SteadiedClockTest, FollowsAClockThatIsCorrectedByALittle) {
  Pass(absl::Seconds(10));
  wall.Advance(SteadiedClock::kMostJump);
  EXPECT_EQ(SinceStart(), absl::Seconds(10) + SteadiedClock::kMostJump);
  wall.Advance(-SteadiedClock::kMostJump);
  EXPECT_EQ(SinceStart(), absl::Seconds(10));
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(SteadiedClockTest, GoesOnByItselfWhereTheWallClockJumps) {
  for (const absl::Duration jump : {absl::Hours(1), absl::Hours(24), absl::Hours(24 * 3653), -absl::Hours(1),
                                    -absl::Hours(24 * 3653), SteadiedClock::kMostJump + absl::Microseconds(1)}) {
    told.clear();
    const absl::Duration before = SinceStart();
    wall.Advance(jump);
    Pass(absl::Seconds(2));
    EXPECT_EQ(SinceStart(), before + absl::Seconds(2)) << jump;
    Pass(absl::Minutes(20));
    EXPECT_EQ(SinceStart(), before + absl::Minutes(20) + absl::Seconds(2)) << jump;
    EXPECT_THAT(told, ElementsAre(HasSubstr("is not believed"))) << "once";
    wall.Advance(-jump);
    EXPECT_EQ(SinceStart(), before + absl::Minutes(20) + absl::Seconds(2)) << jump;
    EXPECT_THAT(told, ElementsAre(HasSubstr("is not believed"), HasSubstr("believed again")));
  }
}

TEST_F(SteadiedClockTest, GoesOnWhereTheWallClockStandsStill) {
  steady += absl::Hours(5);
  EXPECT_EQ(SinceStart(), absl::Hours(5));
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(SteadiedClockTest, NeverMovesFurtherThanItBelievesBetweenTwoReadings) {
  std::mt19937_64 random(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const absl::Time before = clock.Now();
    const absl::Duration passes = absl::Microseconds(random() % 600'000'000);
    Pass(passes);
    if (random() % 8 == 0) wall.Advance(absl::Microseconds(random() % 7'200'000'000) - absl::Hours(1));
    const absl::Time now = clock.Now();
    ASSERT_LE(absl::AbsDuration(now - before - passes), SteadiedClock::kMostJump);
    refused += now != wall.Now() ? 1 : 0;
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 20'000);
}

}  // namespace
}  // namespace bursar

#include "bench/day/random.h"

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"

namespace bursar::day {
namespace {

using testing::ElementsAre;

TEST(Random, IsTheSameOnEveryPlatform) {
  Random random(42, 7);
  EXPECT_THAT((std::vector<int64_t>{random.Below(1'000'000), random.Between(-5, 5), random.LogNormal(5'000, 80'000)}),
              ElementsAre(227'245, -2, 3'894));
}

TEST(Random, StreamsOfOneSeedDiffer) {
  Random one(42, 1);
  Random two(42, 2);
  EXPECT_NE(one.Next(), two.Next());
}

TEST(Random, BetweenReachesBothEnds) {
  Random random(1);
  std::vector<int> seen(3);
  for (int i = 0; i < 1'000; ++i) ++seen[static_cast<size_t>(random.Between(-1, 1) + 1)];
  EXPECT_THAT(seen, testing::Each(testing::Gt(250)));
}

TEST(Random, LogNormalHasItsMedianAndItsNinetyFifthPercentile) {
  Random random(1);
  std::vector<int64_t> draws;
  for (int i = 0; i < 100'001; ++i) draws.push_back(random.LogNormal(5'000, 80'000));
  std::sort(draws.begin(), draws.end());
  EXPECT_NEAR(draws[50'000], 5'000, 150);
  EXPECT_NEAR(draws[95'000], 80'000, 4'000);
  EXPECT_GT(draws.front(), 0);
}

TEST(Random, ShuffleKeepsEveryItem) {
  Random random(1);
  std::vector<int> items = {1, 2, 3, 4, 5, 6, 7, 8};
  random.Shuffle(items);
  EXPECT_NE(items, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_THAT(items, testing::UnorderedElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

}  // namespace
}  // namespace bursar::day

#include "ledger/projections/wide_money.h"

#include <gtest/gtest.h>

#include <limits>

namespace bursar {
namespace {

TEST(WideMoney, AddsWhatNoSingleAmountCouldHold) {
  WideMoney sum;
  for (int i = 0; i < 20'000; ++i) sum += kMostMoney;
  EXPECT_EQ(sum.Narrow(), std::nullopt);
  EXPECT_EQ(sum.Text(), "20000000000000.00");
  EXPECT_EQ(sum.Nearest().micros(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ((WideMoney() - sum).Text(), "-20000000000000.00");
  EXPECT_EQ((WideMoney() - sum).Nearest().micros(), std::numeric_limits<int64_t>::min());
}

TEST(WideMoney, IsWrittenInUnitsWithTheDecimalsItNeeds) {
  EXPECT_EQ(WideMoney().Text(), "0.00");
  EXPECT_EQ(WideMoney(Money::Micros(12'500'000)).Text(), "12.50");
  EXPECT_EQ(WideMoney(Money::Micros(1)).Text(), "0.000001");
  EXPECT_EQ(WideMoney(Money::Micros(-1'230'000)).Text(), "-1.23");
  EXPECT_EQ(WideMoney(Money::Micros(std::numeric_limits<int64_t>::min())).Text(), "-9223372036854.775808");
}

TEST(WideMoney, NarrowsWhatFits) {
  EXPECT_EQ(WideMoney(kMostMoney).Narrow(), kMostMoney);
  EXPECT_EQ((WideMoney(Money::Micros(std::numeric_limits<int64_t>::max())) + Money::Micros(1)).Narrow(), std::nullopt);
}

}  // namespace
}  // namespace bursar

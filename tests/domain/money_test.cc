#include "ledger/domain/money.h"

#include <limits>
#include <random>

#include "absl/numeric/int128.h"
#include "gtest/gtest.h"

namespace bursar {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

TEST(Money, OverflowIsNoAmount) {
  EXPECT_EQ(Money::Micros(kMost).Plus(Money::Micros(0))->micros(), kMost);
  EXPECT_FALSE(Money::Micros(kMost).Plus(Money::Micros(1)).has_value());
  EXPECT_FALSE(Money::Micros(kLeast).Minus(Money::Micros(1)).has_value());
  EXPECT_FALSE(Money().Minus(Money::Micros(kLeast)).has_value());
  EXPECT_DEATH(Money::Micros(kMost) + Money::Micros(1), "cannot be");
}

TEST(Money, IsWrittenWithTwoDecimalsOrMoreWhereThereAreMore) {
  EXPECT_EQ(ToString(Money::Micros(50'000'000), "USD"), "50.00 USD");
  EXPECT_EQ(ToString(Money::Micros(-1), "USD"), "-0.000001 USD");
  EXPECT_EQ(ToString(Money::Micros(1'230'000), "GBP"), "1.23 GBP");
  EXPECT_EQ(ToString(Money::Micros(1'234'500), ""), "1.2345");
  EXPECT_EQ(ToString(Money(), "USD"), "0.00 USD");
  EXPECT_EQ(ToString(Money::Micros(kLeast), ""), "-9223372036854.775808");
  EXPECT_EQ(ToString(Money::Micros(kMost), ""), "9223372036854.775807");
}

TEST(Money, IsReadAsItIsWritten) {
  EXPECT_EQ(ParseAmount("50"), Money::Micros(50'000'000));
  EXPECT_EQ(ParseAmount("50.00"), Money::Micros(50'000'000));
  EXPECT_EQ(ParseAmount("0.000001"), Money::Micros(1));
  EXPECT_EQ(ParseAmount("-0.5"), Money::Micros(-500'000));
  EXPECT_EQ(ParseAmount("-0"), Money());
  EXPECT_EQ(ParseAmount("9223372036854.775807"), Money::Micros(kMost));
}

TEST(Money, IsNotReadFromAnythingElse) {
  for (const char* text : {"", "-", "+1", ".5", "5.", "1.2.3", "0.0000001", "1e3", "1,000", " 1", "1 ", "--1", "NaN",
                           "0x10", "9223372036854.775808", "99999999999999999999999999999999999999999999", "5 USD"}) {
    EXPECT_FALSE(ParseAmount(text).has_value()) << text;
  }
}

TEST(Money, AnyAmountWrittenIsReadBack) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = static_cast<int64_t>(random());
    const Money amount = Money::Micros((bits >> (random() % 63)) == kLeast ? 0 : bits >> (random() % 63));
    if (amount.micros() == kLeast) continue;
    EXPECT_EQ(ParseAmount(ToString(amount, "")), amount) << amount.micros();
  }
}

TEST(Money, ACurrencyIsThreeCapitals) {
  EXPECT_TRUE(IsCurrency("USD"));
  for (const char* text : {"", "US", "usd", "USDT", "U1D", "US "}) EXPECT_FALSE(IsCurrency(text)) << text;
}

TEST(PriceOf, RoundsHalfToEven) {
  const auto amount = [](int64_t quantity, int64_t price, int64_t per) {
    return PriceOf(quantity, Money::Micros(price), per, 0)->amount.micros();
  };
  EXPECT_EQ(amount(1, 1, 2), 0);  // 0.5
  EXPECT_EQ(amount(3, 1, 2), 2);  // 1.5
  EXPECT_EQ(amount(5, 1, 2), 2);  // 2.5
  EXPECT_EQ(amount(7, 1, 2), 4);  // 3.5
  EXPECT_EQ(amount(1, 1, 3), 0);  // 0.33
  EXPECT_EQ(amount(2, 1, 3), 1);  // 0.67
  EXPECT_EQ(amount(0, 5, 3), 0);
  EXPECT_EQ(amount(3600, 143'000, 3600), 143'000);
}

TEST(PriceOf, IsRefusedWhereItIsAbsurd) {
  EXPECT_EQ(PriceOf(1, kMostMoney, 1, 0)->amount, kMostMoney);
  EXPECT_FALSE(PriceOf(kMost, kMostMoney, 1, 0).has_value());
  EXPECT_FALSE(PriceOf(kMostMoney.micros() + 1, Money::Micros(1), 1, 0).has_value());
  EXPECT_TRUE(PriceOf(kMost, kMostMoney, kMost, 0).has_value());
  EXPECT_EQ(PriceOf(kMost, Money(), 1, 0)->amount, Money());
}

// amount * per + remainder is exactly quantity * price + carried, and the remainder is at most half a micro: so after
// any number of charges the sum is off by half a micro at most.
TEST(PriceOf, LosesNothingComparedWithExactArithmetic) {
  std::mt19937_64 random(11);
  for (int run = 0; run < 300; ++run) {
    const int64_t per = 1 + static_cast<int64_t>(random() % (run % 3 == 0 ? 5 : 2'678'400));
    absl::int128 exact = 0;  // in micros / per
    absl::int128 charged = 0;
    int64_t carried = 0;
    for (int i = 0; i < 200; ++i) {
      const auto quantity = static_cast<int64_t>(random() % (1 + (random() % 10'000)));
      const auto price = static_cast<int64_t>(random() % 1'000);
      const auto priced = PriceOf(quantity, Money::Micros(price), per, carried);
      ASSERT_TRUE(priced.has_value());
      ASSERT_GE(priced->amount, Money());
      exact += absl::int128(quantity) * price;
      charged += priced->amount.micros();
      carried = priced->remainder;
      ASSERT_EQ(charged * per + carried, exact);
      ASSERT_LE(absl::int128(carried) * 2, per);
      ASSERT_GE(absl::int128(carried) * 2, -per);
    }
  }
}

}  // namespace
}  // namespace bursar

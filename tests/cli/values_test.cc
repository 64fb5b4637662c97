#include "services/cli/values.h"

#include "bursar/v1/account.pb.h"
#include "bursar/v1/types.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'769'860'800);  // 2026-01-31T12:00:00Z

TEST(ReadAmount, TakesAmountsAsPeopleWriteThem) {
  struct Case {
    const char* text;
    int64_t micros;
    const char* currency;
  };
  for (const Case& c :
       {Case{"5", 5'000'000, ""}, Case{"5.00", 5'000'000, ""}, Case{"0.000001", 1, ""}, Case{"-3.5", -3'500'000, ""},
        Case{"5.00 USD", 5'000'000, "USD"}, Case{" 12 EUR ", 12'000'000, "EUR"}}) {
    const absl::StatusOr<WrittenAmount> read = ReadAmount(c.text);
    ASSERT_TRUE(read.ok()) << c.text << ": " << read.status();
    EXPECT_EQ(read->amount.micros(), c.micros) << c.text;
    EXPECT_EQ(read->currency, c.currency) << c.text;
  }
}

TEST(ReadAmount, SaysHowToWriteAnother) {
  for (const char* text :
       {"", "abc", "5,00", "1,000.00", "5.0000001", "1e3", "5.00 usd", "5.00USD", "USD 5", "99999999999999999999"}) {
    const absl::StatusOr<WrittenAmount> read = ReadAmount(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.status().message(),
              absl::string_view("\"" + std::string(text) +
                                "\" is not an amount; write it like 5.00 or \"5.00 USD\", with at "
                                "most six decimals."));
  }
}

TEST(ReadTime, TakesMomentsAndDistances) {
  struct Case {
    const char* text;
    const char* time;
  };
  for (const Case& c :
       {Case{"now", "2026-01-31T12:00:00Z"}, Case{"+24h", "2026-02-01T12:00:00Z"}, Case{"-7d", "2026-01-24T12:00:00Z"},
        Case{"+1h30m", "2026-01-31T13:30:00Z"}, Case{"2026-01-01", "2026-01-01T00:00:00Z"},
        Case{"2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"},
        Case{"2026-01-01T00:00:00.25Z", "2026-01-01T00:00:00.25Z"}}) {
    const absl::StatusOr<absl::Time> read = ReadTime(c.text, kNow);
    ASSERT_TRUE(read.ok()) << c.text << ": " << read.status();
    EXPECT_EQ(WriteTime(*read), c.time) << c.text;
  }
}

TEST(ReadTime, SaysHowToWriteAnother) {
  for (const char* text :
       {"", "tomorrow", "24h", "2026-13-01", "2026-01-01 00:00", "+", "+-3h", "+inf", "infinite-future"}) {
    const absl::StatusOr<absl::Time> read = ReadTime(text, kNow);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(std::string(read.status().message()), testing::HasSubstr("write it like 2026-01-31T12:00:00Z")) << text;
  }
}

TEST(ReadDuration, TakesDaysToo) {
  EXPECT_EQ(*ReadDuration("90s"), absl::Seconds(90));
  EXPECT_EQ(*ReadDuration("7d"), absl::Hours(7 * 24));
  EXPECT_FALSE(ReadDuration("-1s").ok());
  EXPECT_FALSE(ReadDuration("7").ok());
  EXPECT_FALSE(ReadDuration("inf").ok());
  EXPECT_FALSE(ReadDuration("99999999999999999d").ok());
}

TEST(ReadWhole, NamesTheRange) {
  EXPECT_EQ(*ReadWhole("7", 0, 10), 7);
  EXPECT_EQ(ReadWhole("11", 0, 10).status().message(), "\"11\" is not allowed; write a whole number from 0 to 10.");
  EXPECT_FALSE(ReadWhole("1.5", 0, 10).ok());
  EXPECT_FALSE(ReadWhole("", 0, 10).ok());
}

TEST(ReadEnum, TakesShortNamesAndListsThem) {
  const auto& type = *v1::LimitIncrease::Status_descriptor();
  EXPECT_EQ((*ReadEnum("pending", type))->number(), v1::LimitIncrease::STATUS_PENDING);
  EXPECT_EQ((*ReadEnum("STATUS_DENIED", type))->number(), v1::LimitIncrease::STATUS_DENIED);
  EXPECT_EQ((*ReadEnum("by_form", *v1::User::Upgrade_descriptor()))->number(), v1::User::UPGRADE_BY_FORM);
  EXPECT_THAT(std::string(ReadEnum("open", type).status().message()),
              testing::StartsWith("\"open\" is not allowed; write one of: pending, approved, denied, superseded"));
  EXPECT_FALSE(ReadEnum("unspecified", type).ok());
}

}  // namespace
}  // namespace bursar::cli

// Calendar windows, compared with a walk through time in steps of a quarter of an hour.
#include "ledger/domain/calendar.h"

#include <algorithm>
#include <vector>

#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar {
namespace {

absl::TimeZone Zone(const std::string& name) {
  const auto zone = FindZone(name);
  EXPECT_TRUE(zone.has_value()) << name;
  return zone.value_or(absl::UTCTimeZone());
}

absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

void ExpectWindow(BudgetPeriod period, const std::string& zone, const std::string& time, const std::string& start,
                  const std::string& end) {
  const Window window = WindowOf(period, Zone(zone), At(time));
  EXPECT_EQ(window.start, At(start)) << zone << " at " << time;
  EXPECT_EQ(window.end, At(end)) << zone << " at " << time;
}

TEST(Calendar, ADayHas23Or25HoursWhereClocksAreMoved) {
  ExpectWindow(BudgetPeriod::kDay, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z",
               "2026-03-29T22:00:00Z");
  ExpectWindow(BudgetPeriod::kDay, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
               "2026-10-25T23:00:00Z");
}

TEST(Calendar, AWeekBeginsOnMonday) {
  ExpectWindow(BudgetPeriod::kWeek, "UTC", "2026-03-01T23:59:59Z", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z");
  ExpectWindow(BudgetPeriod::kWeek, "UTC", "2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z");
}

TEST(Calendar, AMonthEndsWhereItEnds) {
  ExpectWindow(BudgetPeriod::kMonth, "UTC", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z");
  ExpectWindow(BudgetPeriod::kMonth, "UTC", "2100-02-28T23:59:59Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z");
  ExpectWindow(BudgetPeriod::kMonth, "Asia/Kolkata", "2026-12-31T18:30:00Z", "2026-12-31T18:30:00Z",
               "2027-01-31T18:30:00Z");
}

TEST(Calendar, ALifeHasNoEnd) {
  const Window window = WindowOf(BudgetPeriod::kLife, absl::UTCTimeZone(), At("2026-03-01T00:00:00Z"));
  EXPECT_EQ(window.start, absl::UnixEpoch());
  EXPECT_EQ(window.end, absl::InfiniteFuture());
}

// 2018-11-04 had no hour from 00:00 to 01:00 in Sao Paulo.
TEST(Calendar, ADayWithoutMidnightBeginsWhereClocksWerePutForward) {
  ExpectWindow(BudgetPeriod::kDay, "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z",
               "2018-11-05T02:00:00Z");
  ExpectWindow(BudgetPeriod::kDay, "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z",
               "2018-11-04T03:00:00Z");
}

// In Havana the hour from 00:00 to 01:00 came twice on 2026-11-01.
TEST(Calendar, ADayWithTwoMidnightsBeginsWithTheFirst) {
  ExpectWindow(BudgetPeriod::kMonth, "America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z",
               "2026-12-01T05:00:00Z");
}

// In St. John's clocks went from 00:01 back to 23:01 of the day before, so that it was midnight twice.
TEST(Calendar, ADayThatHasBegunGoesOnWhereClocksArePutBackBeyondItsMidnight) {
  ExpectWindow(BudgetPeriod::kDay, "America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z",
               "2010-11-08T03:30:00Z");
}

// Samoa had no 2011-12-30.
TEST(Calendar, ADayThatNeverWasIsNobodysWindow) {
  ExpectWindow(BudgetPeriod::kDay, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z",
               "2011-12-30T10:00:00Z");
  ExpectWindow(BudgetPeriod::kDay, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
               "2011-12-31T10:00:00Z");
}

TEST(Calendar, KnowsTheNamesOfIanaAndNoOthers) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"}) {
    EXPECT_TRUE(FindZone(name).has_value()) << name;
  }
  for (const char* name : {"", "localtime", "Europe/Atlantis", "/etc/localtime", "/usr/share/zoneinfo/UTC", "../UTC",
                           "Fixed/UTC+01:00:00", ":UTC", "file:UTC"}) {
    EXPECT_FALSE(FindZone(name).has_value()) << name;
  }
}

// Where a new period begins in a walk: when a day comes that is later than all before and the first of its period.
class Walk {
 public:
  Walk(const std::string& zone, absl::Time from, absl::Time to) : zone_(Zone(zone)) {
    latest_ = absl::ToCivilDay(from, zone_);
    for (absl::Time time = from; time < to; time += absl::Minutes(15)) Step(time);
  }

  // By BudgetPeriod.
  std::vector<absl::Time> begins[3];

 private:
  void Step(absl::Time time) {
    const absl::CivilDay day = absl::ToCivilDay(time, zone_);
    bool turns[3] = {};
    // Each day between is passed, also one that never was.
    for (; latest_ < day; ++latest_) {
      const absl::CivilDay next = latest_ + 1;
      turns[0] = true;
      turns[1] |= absl::GetWeekday(next) == absl::Weekday::monday;
      turns[2] |= next.day() == 1;
    }
    for (int i = 0; i < 3; ++i) {
      if (turns[i]) begins[i].push_back(time);
    }
  }

  absl::TimeZone zone_;
  absl::CivilDay latest_;
};

TEST(Calendar, G10_WindowsAreThoseOfAWalkThroughTime) {
  struct {
    const char* zone;
    int from;
    int to;
  } walks[] = {
      {"UTC", 2023, 2026},
      {"Europe/Berlin", 2024, 2029},
      {"America/New_York", 2024, 2028},
      {"America/Sao_Paulo", 2015, 2019},
      {"America/Havana", 2024, 2028},
      {"America/St_Johns", 2008, 2012},
      {"Asia/Beirut", 2021, 2025},
      {"Asia/Tehran", 2018, 2023},
      {"Africa/Cairo", 2022, 2026},
      {"America/Asuncion", 2022, 2025},
      {"Pacific/Apia", 2011, 2013},
      {"Australia/Lord_Howe", 2025, 2027},
      {"Asia/Kathmandu", 2027, 2029},
      {"America/Scoresbysund", 2022, 2025},
      {"Europe/Dublin", 2099, 2101},
  };
  for (const auto& [zone, from, to] : walks) {
    const Walk walk(zone, absl::FromCivil(absl::CivilYear(from), absl::UTCTimeZone()),
                    absl::FromCivil(absl::CivilYear(to), absl::UTCTimeZone()));
    for (const BudgetPeriod period : {BudgetPeriod::kDay, BudgetPeriod::kWeek, BudgetPeriod::kMonth}) {
      const auto& begins = walk.begins[static_cast<int>(period)];
      ASSERT_GT(begins.size(), 10u) << zone;
      for (size_t i = 0; i + 1 < begins.size(); ++i) {
        const absl::Duration length = begins[i + 1] - begins[i];
        for (const absl::Duration into :
             {absl::ZeroDuration(), absl::Microseconds(1), length / 3, length - absl::Microseconds(1)}) {
          const Window window = WindowOf(period, Zone(zone), begins[i] + into);
          ASSERT_EQ(window.start, begins[i]) << zone;
          ASSERT_EQ(window.end, begins[i + 1]) << zone;
        }
      }
    }
  }
}

}  // namespace
}  // namespace bursar

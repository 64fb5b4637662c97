// A small day, played against a server in this process and reconciled.
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "bench/day/day.h"
#include "gmock/gmock.h"
#include "services/server/server.h"

namespace bursar::day {
namespace {

TEST(PlayedDay, ReconcilesInAllOfTheDomain) {
  const absl::Time weeks_before = absl::FromCivil(absl::CivilDay(2026, 5, 7), absl::UTCTimeZone());
  auto server = Server::Start({.address = "127.0.0.1:0", .manual_clock = weeks_before});
  ASSERT_TRUE(server.ok()) << server.status();
  const Settings settings{.server = absl::StrCat("127.0.0.1:", (*server)->port()), .scale = 0.01};
  EXPECT_EQ(PlayDay(settings), kReconciles);
}

TEST(PlayedDay, IsNotPlayedByAClockThatMovesByItself) {
  auto server = Server::Start({.address = "127.0.0.1:0"});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(PlayDay({.server = absl::StrCat("127.0.0.1:", (*server)->port()), .scale = 0.01}), kNotPlayed);
}

}  // namespace
}  // namespace bursar::day

#include "services/cli/progress.h"

#include <sstream>

#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'769'860'800);

TEST(Progress, SaysNothingAboutWhatIsQuick) {
  std::ostringstream out;
  Progress progress("Reading the log", out, /*terminal=*/true);
  progress.Show(0, 10, kStart);
  progress.Show(9, 10, kStart + absl::Milliseconds(400));
  progress.Finish();
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, KeepsOneLineOfATerminalAndTakesItAway) {
  std::ostringstream out;
  Progress progress("Reading the log", out, /*terminal=*/true);
  progress.Show(0, 1000, kStart);
  progress.Show(500, 1000, kStart + absl::Seconds(1));
  progress.Finish();
  EXPECT_EQ(out.str(), "\rReading the log [###############...............] 50 % (500 of 1000)\r\033[K");
}

TEST(Progress, WritesALineNowAndThenToALog) {
  std::ostringstream out;
  Progress progress("Reading the log", out, /*terminal=*/false);
  progress.Show(0, 1000, kStart);
  progress.Show(100, 1000, kStart + absl::Seconds(1));
  progress.Show(200, 1000, kStart + absl::Seconds(2));
  progress.Show(900, 1000, kStart + absl::Seconds(12));
  progress.Finish();
  EXPECT_EQ(out.str(), "Reading the log: 100 of 1000 (10 %)\nReading the log: 900 of 1000 (90 %)\n");
}

}  // namespace
}  // namespace bursar::cli

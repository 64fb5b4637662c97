#include "services/cli/lines.h"

#include <unistd.h>

#include <fstream>
#include <thread>

#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

TEST(Lines, AreReadOneByOneWhateverTheirLength) {
  const std::string file = testing::TempDir() + "/lines-of-a-test";
  std::ofstream(file) << "first\n\n" << std::string(200'000, 'x') << "\nlast";
  const auto lines = Lines::Open(file);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ((*lines)->Next(), "first");
  EXPECT_EQ((*lines)->Next(), "");
  EXPECT_EQ((*lines)->Next(), std::string(200'000, 'x'));
  EXPECT_EQ((*lines)->Next(), "last");
  EXPECT_EQ((*lines)->Next(), std::nullopt);
  EXPECT_FALSE(Lines::Open("/nonexistent/lines").ok());
}

TEST(Lines, WaitNoLongerWhenStopped) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto lines = Lines::Open("/proc/self/fd/" + std::to_string(ends[0]));
  ASSERT_TRUE(lines.ok()) << lines.status();
  std::thread stopping([&] { (*lines)->Stop(); });
  EXPECT_EQ((*lines)->Next(), std::nullopt) << "nobody writes and nobody closes";
  stopping.join();
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace bursar::cli

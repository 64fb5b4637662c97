// A handful of kills of the real server in every build; bursar_nemesis does the same at length.
#include "tests/nemesis/trial.h"

#include <filesystem>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar::nemesis {
namespace {

TEST(Nemesis, FindsNothingInAHandfulOfKills) {
  std::string folder = testing::TempDir() + "/bursar-nemesis-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const TrialReport report = RunTrial(
      {.server = BURSAR_PROGRAM, .bad_disk = BURSAR_BAD_DISK, .folder = folder, .seed = 4, .clients = 6, .kills = 8});
  EXPECT_EQ(absl::StrJoin(report.findings, "\n"), "") << "The evidence is in " << folder;
  EXPECT_GE(report.counts.at("kills"), 8);
  EXPECT_GT(report.counts.at("calls answered"), 20);
  if (report.findings.empty()) std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bursar::nemesis

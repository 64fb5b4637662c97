// Holds docs/scenarios.md to the tests: each scenario has one, unless it says that it is not there yet.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace bursar {
namespace {

using ::testing::IsEmpty;

const std::filesystem::path kRoot = BURSAR_SOURCE_DIR;

std::string Contents(const std::filesystem::path& path) {
  std::ostringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

// "A1", and whether the line says that it is not there yet.
std::map<std::string, bool> Scenarios() {
  std::map<std::string, bool> scenarios;
  const std::string text = Contents(kRoot / "docs/scenarios.md");
  for (const auto line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, "- **")) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, "**");
    scenarios[parts[1]] = absl::StrContains(line, "(not yet");
  }
  return scenarios;
}

// The ids in the names of all tests: "A1" of TEST(RegisterUser, A1_IsEntitled).
std::set<std::string> Tested() {
  std::set<std::string> tested;
  for (const auto& file : std::filesystem::recursive_directory_iterator(kRoot / "tests")) {
    if (!absl::EndsWith(file.path().string(), "_test.cc")) continue;
    const std::string text = Contents(file.path());
    for (const auto line : absl::StrSplit(text, '\n')) {
      if (!absl::StartsWith(line, "TEST")) continue;
      const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar("(,_ )"));
      tested.insert(words.begin(), words.end());
    }
  }
  return tested;
}

TEST(Scenarios, EachIsTestedOrSaysThatItIsNotThereYet) {
  const auto scenarios = Scenarios();
  ASSERT_FALSE(scenarios.empty());
  const auto tested = Tested();
  std::vector<std::string> untested;
  std::vector<std::string> there_already;
  for (const auto& [id, not_yet] : scenarios) {
    if (!not_yet && !tested.contains(id)) untested.push_back(id);
    if (not_yet && tested.contains(id)) there_already.push_back(id);
  }
  EXPECT_THAT(untested, IsEmpty());
  EXPECT_THAT(there_already, IsEmpty());
}

}  // namespace
}  // namespace bursar

// Holds tests/planted/plants.txt to the sources: each bug planted there is listed, and each that is listed is planted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace bursar {
namespace {

using ::testing::ContainerEq;
using ::testing::IsEmpty;
using ::testing::Not;

const std::filesystem::path kRoot = BURSAR_SOURCE_DIR;

std::string Contents(const std::filesystem::path& path) {
  std::ostringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

// "name in file", for each BURSAR_PLANTED of the product.
std::set<std::string> Planted() {
  std::set<std::string> planted;
  for (const char* folder : {"ledger", "services"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(kRoot / folder)) {
      const std::string path = std::filesystem::relative(file.path(), kRoot).string();
      if (path == "ledger/base/planted.h" || !(absl::EndsWith(path, ".cc") || absl::EndsWith(path, ".h"))) continue;
      const std::vector<std::string> parts = absl::StrSplit(Contents(file.path()), "BURSAR_PLANTED(");
      for (size_t i = 1; i < parts.size(); ++i) {
        planted.insert(absl::StrCat(parts[i].substr(0, parts[i].find(')')), " in ", path));
      }
    }
  }
  return planted;
}

struct Line {
  std::string name;
  std::string file;
  std::string what;
  std::string finder;
};

std::vector<Line> Listed() {
  std::vector<Line> lines;
  const std::string text = Contents(kRoot / "tests/planted/plants.txt");
  for (const auto line : absl::StrSplit(text, '\n')) {
    if (line.empty() || absl::StartsWith(line, "#")) continue;
    std::vector<std::string> parts = absl::StrSplit(line, '|');
    for (std::string& part : parts) absl::StripAsciiWhitespace(&part);
    parts.resize(4);
    lines.push_back({.name = parts[0], .file = parts[1], .what = parts[2], .finder = parts[3]});
  }
  return lines;
}

TEST(Plants, AreListedWhereTheyAreAndNowhereElse) {
  std::set<std::string> listed;
  for (const Line& line : Listed()) listed.insert(absl::StrCat(line.name, " in ", line.file));
  EXPECT_THAT(listed, ContainerEq(Planted()));
}

TEST(Plants, HaveNamesOfTheirOwnAndSayWhatTheyDoAndWhatFindsThem) {
  std::set<std::string> names;
  for (const Line& line : Listed()) {
    EXPECT_TRUE(names.insert(line.name).second) << line.name;
    EXPECT_THAT(line.what, Not(IsEmpty())) << line.name;
    EXPECT_THAT(line.finder, Not(IsEmpty())) << line.name;
  }
}

}  // namespace
}  // namespace bursar

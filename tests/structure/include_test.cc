// Holds the tree to the table of dependencies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/structure/includes.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

Dependencies TheTable() {
  const auto table =
      ParseDependencies(Contents(std::filesystem::path(BURSAR_SOURCE_DIR) / "tests/structure/dependencies.txt"));
  EXPECT_TRUE(table.ok()) << table.status();
  return table.value_or(Dependencies{});
}

// Every file of C++ below `folder`, as a path from the root.
std::vector<std::string> Sources(const std::string& folder) {
  const std::filesystem::path root = BURSAR_SOURCE_DIR;
  std::vector<std::string> sources;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root / folder)) {
    if (file.path().extension() == ".cc" || file.path().extension() == ".h") {
      sources.push_back(std::filesystem::relative(file.path(), root).string());
    }
  }
  return sources;
}

class Tree : public testing::TestWithParam<std::string> {};

TEST_P(Tree, IncludesOnlyWhatTheTableAllows) {
  const Dependencies table = TheTable();
  const std::vector<std::string> sources = Sources(GetParam());
  ASSERT_FALSE(sources.empty());
  for (const std::string& source : sources) {
    const std::string text = Contents(std::filesystem::path(BURSAR_SOURCE_DIR) / source);
    EXPECT_THAT(Violations(table, source, text), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Tree, testing::Values("ledger", "services", "bench", "tests"),
                         [](const auto& folder) { return folder.param; });

TEST(TheTable, ForbidsWhatTheArchitectureForbids) {
  const Dependencies table = TheTable();
  const std::vector<std::pair<std::string, std::string>> forbidden = {
      {"ledger/base/ids.h", "ledger/domain/money.h"},
      {"ledger/domain/decide.cc", "bursar/v1/gate.pb.h"},
      {"ledger/domain/decide.cc", "ledger/log/event_log.h"},
      {"ledger/domain/decide.cc", "absl/time/clock.h"},
      {"ledger/domain/decide.cc", "thread"},
      {"ledger/domain/decide.cc", "sys/stat.h"},
      {"ledger/domain/decide.cc", "rocksdb/db.h"},
      {"ledger/log/event_log.h", "ledger/domain/state.h"},
      {"ledger/projections/projections.h", "ledger/engine/ledger.h"},
      {"ledger/engine/ledger.h", "rocksdb/db.h"},
      {"ledger/engine/ledger.h", "grpcpp/grpcpp.h"},
      {"services/grpc/door.h", "rocksdb/db.h"},
      {"services/client/client.h", "services/grpc/door.h"},
      {"services/grpc/door.h", "tests/engine/fake_clock.h"},
  };
  for (const auto& [path, include] : forbidden) {
    EXPECT_THAT(Violations(table, path, "#include <" + include + ">"),
                ElementsAre(HasSubstr(path + " includes " + include)));
  }
}

TEST(Violations, TellTheFileAndWhatItIncludes) {
  const auto table = ParseDependencies("low:\nhigh: low\n");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(
      Violations(*table, "low/a.cc", "#include <vector>\n#include \"low/a.h\"\n  # include \"high/b.h\"  // b\n"),
      ElementsAre("low/a.cc includes high/b.h, which low may not."));
  EXPECT_THAT(Violations(*table, "high/b.cc", "#include \"low/a.h\"\n"), IsEmpty());
}

TEST(Violations, CountTheMostExactFolder) {
  const auto table = ParseDependencies("doors: library\ndoors/client:\n");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(Violations(*table, "doors/server.cc", "#include \"library/a.h\"\n"), IsEmpty());
  EXPECT_THAT(Violations(*table, "doors/client/a.cc", "#include \"library/a.h\"\n"),
              ElementsAre(HasSubstr("doors/client may not")));
}

TEST(Violations, AreNotHiddenByANameThatBeginsAlike) {
  const auto table = ParseDependencies("a: lib/x\n");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(Violations(*table, "a/a.cc", "#include \"lib/xy/b.h\"\n"), ElementsAre(HasSubstr("lib/xy/b.h")));
}

TEST(Violations, IncludeAFolderThatTheTableDoesNotName) {
  const auto table = ParseDependencies("a:\n");
  ASSERT_TRUE(table.ok());
  EXPECT_THAT(Violations(*table, "b/b.cc", ""), ElementsAre(HasSubstr("b/b.cc lies in a folder")));
}

TEST(ParseDependencies, RefusesAFolderThatStandsTwice) { EXPECT_FALSE(ParseDependencies("a: b\na: c\n").ok()); }

TEST(ParseDependencies, RefusesWordsWithoutAFolder) { EXPECT_FALSE(ParseDependencies("b\n").ok()); }

}  // namespace
}  // namespace bursar

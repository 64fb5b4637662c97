#include "services/cli/settings.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

using testing::HasSubstr;

// A process with one file, bursar.toml, and some variables.
struct Process {
  std::map<std::string, std::string> flags;
  std::map<std::string, std::string> variables;
  std::string file;

  absl::StatusOr<Settings> Load() const {
    std::ostringstream out;
    return Settings::Load(flags, World{.out = out,
                                       .err = out,
                                       .variable = [this](const std::string& name) -> std::optional<std::string> {
                                         const auto found = variables.find(name);
                                         if (found == variables.end()) return std::nullopt;
                                         return found->second;
                                       },
                                       .read_file = [this](const std::string& name) -> absl::StatusOr<std::string> {
                                         if (name == "bursar.toml") return file;
                                         return absl::NotFoundError(absl::StrCat(name, " cannot be read."));
                                       },
                                       .now = absl::Now});
  }
  std::string WhyNot() const { return std::string(Load().status().message()); }
};

TEST(Settings, HaveFallbacks) {
  const auto settings = Process{}.Load();
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->Text("server"), "127.0.0.1:7421");
  EXPECT_EQ(settings->Duration("timeout"), absl::Seconds(10));
  EXPECT_EQ(settings->Whole("queue_capacity"), 65536);
  EXPECT_FALSE(settings->Switch("insecure"));
  EXPECT_EQ(settings->SourceOf("server"), Source::kFallback);
}

TEST(Settings, AVariableWinsOverTheFileAndAFlagOverBoth) {
  Process process{.flags = {{"config", "bursar.toml"}},
                  .file = "server = \"file:1\"\nqueue_capacity = 7\ninsecure = true\n"};
  EXPECT_EQ(process.Load()->Text("server"), "file:1");
  EXPECT_EQ(process.Load()->Whole("queue_capacity"), 7);
  EXPECT_TRUE(process.Load()->Switch("insecure"));
  process.variables["BURSAR_SERVER"] = "variable:1";
  EXPECT_EQ(process.Load()->Text("server"), "variable:1");
  EXPECT_EQ(process.Load()->SourceOf("server"), Source::kEnvironment);
  process.flags["server"] = "flag:1";
  EXPECT_EQ(process.Load()->Text("server"), "flag:1");
  EXPECT_EQ(process.Load()->SourceOf("server"), Source::kFlag);
}

TEST(Settings, TheVariableMayNameTheFile) {
  Process process{.variables = {{"BURSAR_CONFIG", "bursar.toml"}}, .file = "as = \"user-ada\""};
  EXPECT_EQ(process.Load()->Text("as"), "user-ada");
  process.flags["config"] = "other.toml";
  EXPECT_EQ(process.WhyNot(), "other.toml cannot be read.");
}

TEST(Settings, NameTheLineOfAMistakeInTheFile) {
  const auto why_not = [](const std::string& file) {
    return Process{.flags = {{"config", "bursar.toml"}}, .file = file}.WhyNot();
  };
  EXPECT_EQ(why_not("server = \"a:1\"\nsevrer = \"b:1\"\n"),
            "bursar.toml:2: \"sevrer\" is not a setting; `bursar --help` lists them.");
  EXPECT_EQ(why_not("\n\nformat = \"xml\"\n"),
            "bursar.toml:3: format: \"xml\" is not allowed; write one of: table, json.");
  EXPECT_EQ(why_not("queue_capacity = 0\n"),
            "bursar.toml:1: queue_capacity: \"0\" is not allowed; write a whole number from 1 to 10000000.");
  EXPECT_EQ(why_not("server = [1]\n"), "bursar.toml:1: server has to be a text, a whole number, true or false.");
  EXPECT_THAT(why_not("config = \"x\"\n"), HasSubstr("\"config\" is not a setting"));
  EXPECT_THAT(why_not("server = \n"), HasSubstr("bursar.toml:1 is not TOML: "));
}

TEST(Settings, NameTheVariableOrFlagOfAMistake) {
  EXPECT_EQ((Process{.variables = {{"BURSAR_TIMEOUT", "soon"}}}.WhyNot()),
            "BURSAR_TIMEOUT: \"soon\" is not a length of time; write it like 90s, 15m, 1h30m or 7d.");
  EXPECT_EQ((Process{.flags = {{"format", "yaml"}}}.WhyNot()),
            "--format: \"yaml\" is not allowed; write one of: table, json.");
}

}  // namespace
}  // namespace bursar::cli

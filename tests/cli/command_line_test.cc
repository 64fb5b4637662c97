#include "services/cli/command_line.h"

#include <set>

#include "bursar/v1/account.pb.h"
#include "bursar/v1/gate.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/settings.h"

namespace bursar::cli {
namespace {

using testing::HasSubstr;

std::string WhyNot(const std::vector<std::string>& arguments) {
  const absl::StatusOr<CommandLine> line = ReadCommandLine(arguments);
  return line.ok() ? "" : std::string(line.status().message());
}

TEST(CommandLine, ReadsVerbFlagsAndSettingsInAnyOrder) {
  const auto line =
      ReadCommandLine({"--as", "user-ada", "gate", "check", "analysis.run", "--format=json", "--cost", "5.00"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->kind, CommandLine::Kind::kAsk);
  EXPECT_EQ(line->verb->request, v1::CheckRequest::descriptor());
  EXPECT_EQ(line->settings, (std::map<std::string, std::string>{{"as", "user-ada"}, {"format", "json"}}));
  ASSERT_EQ(line->fields.size(), 2u);
  EXPECT_EQ(line->fields[0].first.name, "--action");
  EXPECT_EQ(line->fields[0].second, std::vector<std::string>{"analysis.run"});
  EXPECT_EQ(line->fields[1].first.name, "--cost");
}

TEST(CommandLine, AValueMayLookLikeANounOrAFlag) {
  const auto line = ReadCommandLine({"project", "create", "history", "--bill-to", "-7d"});
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_EQ(line->fields.size(), 2u);
  EXPECT_EQ(line->fields[0].second, std::vector<std::string>{"history"});
  EXPECT_EQ(line->fields[1].second, std::vector<std::string>{"-7d"});
}

TEST(CommandLine, TakesRepeatedFlagsAndSwitchesWithAndWithoutAValue) {
  const auto line = ReadCommandLine(
      {"credit", "grant", "--actions", "analysis.run", "--actions", "[data.add]", "--validate-only=false"});
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_EQ(line->fields.size(), 2u);
  EXPECT_EQ(line->fields[0].second, std::vector<std::string>{"false"});
  EXPECT_EQ(line->fields[1].second, (std::vector<std::string>{"analysis.run", "[data.add]"}));
}

TEST(CommandLine, OutboxIsANounOnItsOwn) {
  const auto line = ReadCommandLine({"outbox", "--as", "operator-olga"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->verb->name(), "outbox");
  EXPECT_EQ(ReadCommandLine({"outbox", "list"})->verb->name(), "outbox list");
}

TEST(CommandLine, HelpIsAboutWhatStandsBeforeIt) {
  EXPECT_EQ(ReadCommandLine({"--help"})->noun, "");
  EXPECT_EQ(ReadCommandLine({"gate", "--help"})->noun, "gate");
  EXPECT_EQ(ReadCommandLine({"serve", "-h"})->noun, "serve");
  const auto line = ReadCommandLine({"gate", "check", "--help"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->kind, CommandLine::Kind::kHelp);
  EXPECT_EQ(line->verb->name(), "gate check");
}

TEST(CommandLine, SaysWhatMayBeWritten) {
  EXPECT_THAT(WhyNot({"--as", "user-ada"}), HasSubstr("Write one of: init, serve, export, import, backup"));
  EXPECT_THAT(WhyNot({"gates"}), HasSubstr("\"gates\" is not known. Write one of: init, serve, export"));
  EXPECT_THAT(WhyNot({"user", "frobnicate"}), HasSubstr("\"frobnicate\" is not known. Write one of: register, get"));
  EXPECT_THAT(WhyNot({"user", "get", "--frob", "x"}), HasSubstr("--frob is not a flag of `bursar user get`."));
  EXPECT_THAT(WhyNot({"gate", "check", "--costs", "5"}), HasSubstr("Did you mean --cost?"));
  EXPECT_THAT(WhyNot({"user", "get", "--user", "x"}), HasSubstr("Did you mean --user-id?"));
  EXPECT_THAT(WhyNot({"user", "get", "user-ada", "user-bob"}), HasSubstr("\"user-bob\" has no place here"));
  EXPECT_THAT(WhyNot({"user", "get", "user-ada", "--user-id", "user-bob"}),
              HasSubstr("--user-id is written more than once"));
  EXPECT_THAT(WhyNot({"user", "get", "--user-id"}), HasSubstr("--user-id"));
  EXPECT_THAT(WhyNot({"--format", "json", "--format", "table", "user", "get"}),
              HasSubstr("--format is written more than once"));
  EXPECT_THAT(WhyNot({"user", "get", "--queue-capacity", "5"}),
              HasSubstr("--queue-capacity is not a flag of `bursar user get`"));
}

TEST(Verbs, EveryMethodHasOne) {
  std::set<const google::protobuf::MethodDescriptor*> asked;
  std::set<const google::protobuf::FileDescriptor*> files;
  for (const Verb& verb : Verbs()) {
    asked.insert(&verb.method());
    files.insert(verb.request->file());
  }
  for (const google::protobuf::FileDescriptor* file : files) {
    for (int m = 0; m < file->service(0)->method_count(); ++m) {
      EXPECT_TRUE(asked.contains(file->service(0)->method(m))) << file->service(0)->method(m)->full_name();
    }
  }
  EXPECT_EQ(files.size(), 11u) << "A new service needs a noun and verbs.";
}

TEST(Verbs, NoFlagHasTheNameOfASettingOrOfAnotherFlag) {
  for (const Verb& verb : Verbs()) {
    // --version is a flag of `policy publish-terms` too; the program's own is for the program on its own.
    std::set<std::string> names = {"--help", "--json-request", "--at", "--count", "--messages"};
    for (const Setting& setting : AllSettings()) names.insert(setting.flag());
    for (const RequestFlag& flag : FlagsOf(*verb.request, verb.inlined)) {
      EXPECT_TRUE(names.insert(flag.name).second) << verb.name() << " " << flag.name;
    }
  }
}

TEST(Verbs, PositionalsAndInlinedFieldsExist) {
  for (const Verb& verb : Verbs()) {
    bool found = verb.positional.empty();
    for (const RequestFlag& flag : FlagsOf(*verb.request, verb.inlined))
      found |= flag.field().name() == verb.positional;
    EXPECT_TRUE(found) << verb.name() << " " << verb.positional;
    for (const std::string& name : verb.inlined) EXPECT_NE(verb.request->FindFieldByName(name), nullptr) << verb.name();
  }
}

}  // namespace
}  // namespace bursar::cli

#include "services/cli/help.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/command_line.h"
#include "services/cli/comments.h"
#include "services/cli/settings.h"

namespace bursar::cli {
namespace {

using testing::HasSubstr;

// The words of an example as a shell would hand them over; knows double quotes.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

TEST(Help, NamesEverySettingWithItsVariable) {
  const std::string help = HelpForAll();
  for (const Setting& setting : AllSettings()) {
    EXPECT_THAT(help, HasSubstr(setting.flag()));
    EXPECT_THAT(help, HasSubstr(setting.variable()));
  }
  EXPECT_THAT(help, HasSubstr("64  a wrong flag, value or setting"));
}

TEST(Help, SaysWhatTheApiSaysAboutEveryField) {
  for (const Verb& verb : Verbs()) {
    EXPECT_NE(CommentOf(verb.method()), "") << verb.name();
    const std::string help = HelpForVerb(verb);
    for (const RequestFlag& flag : FlagsOf(*verb.request, verb.inlined)) {
      EXPECT_NE(CommentOf(flag.field()), "") << verb.name() << " " << flag.name;
      EXPECT_EQ(help.find("  " + flag.name) != std::string::npos, !verb.exchanges()) << verb.name() << flag.name;
    }
    EXPECT_EQ(help.find("  --count") != std::string::npos, verb.streams()) << verb.name();
    EXPECT_EQ(help.find("  --messages") != std::string::npos, verb.exchanges()) << verb.name();
    EXPECT_THAT(HelpForNoun(verb.noun), HasSubstr("  " + verb.verb)) << verb.name();
  }
}

TEST(Help, ShowsRangesInUnits) {
  const Verb* check = ReadCommandLine({"gate", "check"})->verb;
  EXPECT_THAT(HelpForVerb(*check), HasSubstr("[0.00 to 1000000000.00]"));
}

TEST(Help, HasLinesThatFitATerminal) {
  std::string help = HelpForAll() + HelpForServe();
  for (const Verb& verb : Verbs()) help += HelpForVerb(verb);
  for (const auto& line : std::vector<std::string>(absl::StrSplit(help, '\n'))) {
    if (line.rfind("  bursar ", 0) == 0) continue;  // an example
    EXPECT_LE(line.size(), 120u) << line;
  }
}

TEST(Help, HasExamplesThatCanBeRead) {
  for (const Verb& verb : Verbs()) {
    const auto line = ReadCommandLine(Words(verb.example));
    ASSERT_TRUE(line.ok()) << verb.example << ": " << line.status();
    EXPECT_EQ(line->verb, &verb) << verb.example;
  }
}

}  // namespace
}  // namespace bursar::cli

#include "services/cli/cli.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "services/cli/ask.h"
#include "services/cli/command_line.h"
#include "services/cli/commands.h"
#include "services/cli/exit_codes.h"
#include "services/cli/help.h"
#include "services/cli/serve.h"
#include "services/cli/settings.h"
#include "services/cli/stream.h"

namespace bursar::cli {
namespace {

int Misuse(const absl::Status& wrong, const World& world) {
  world.err << "Error: " << wrong.message() << "\n";
  return kMisuse;
}

bool IsGroupOfCommands(const std::string& noun) {
  return std::any_of(Commands().begin(), Commands().end(),
                     [&](const Command& command) { return absl::StartsWith(command.name, noun + " "); });
}

std::string HelpFor(const CommandLine& line) {
  if (line.verb != nullptr) return HelpForVerb(*line.verb);
  if (line.command != nullptr) return HelpForCommand(*line.command);
  if (line.noun.empty()) return HelpForAll();
  if (IsGroupOfCommands(line.noun)) return HelpForCommands(line.noun);
  return line.noun == "serve" ? HelpForServe() : HelpForNoun(line.noun);
}

}  // namespace

int Run(const std::vector<std::string>& arguments, const World& world) {
  const absl::StatusOr<CommandLine> line = arguments.empty() ? CommandLine() : ReadCommandLine(arguments);
  if (!line.ok()) return Misuse(line.status(), world);
  if (line->kind == CommandLine::Kind::kHelp) {
    world.out << HelpFor(*line);
    return kDone;
  }
  if (line->kind == CommandLine::Kind::kVersion) {
    world.out << "bursar " << BURSAR_VERSION << "\n";
    return kDone;
  }
  const absl::StatusOr<Settings> settings = Settings::Load(line->settings, world);
  if (!settings.ok()) return Misuse(settings.status(), world);
  if (line->kind == CommandLine::Kind::kServe) return Serve(*settings, world);
  if (line->kind == CommandLine::Kind::kCommand) return RunCommand(*line->command, line->own, *settings, world);
  return line->verb->streams() ? AskStream(*line, *settings, world) : Ask(*line, *settings, world);
}

}  // namespace bursar::cli

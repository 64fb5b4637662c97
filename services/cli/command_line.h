// What a command line asks for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/commands.h"
#include "services/cli/request_flags.h"
#include "services/cli/verbs.h"

namespace bursar::cli {

struct CommandLine {
  enum class Kind { kHelp, kVersion, kServe, kCommand, kAsk };
  Kind kind = Kind::kHelp;
  // For kHelp: about what; empty for everything, "serve", or a noun.
  std::string noun;
  // For kCommand, and for kHelp about one command; else nullptr.
  const Command* command = nullptr;
  // For kAsk, and for kHelp about one verb; else nullptr.
  const Verb* verb = nullptr;
  // Settings given as flags, by key.
  std::map<std::string, std::string> settings;

  // For kAsk.
  std::vector<std::pair<RequestFlag, std::vector<std::string>>> fields;
  // The verb's own flags, or those of the command, that were written, by name with dashes; "true" for a switch.
  std::map<std::string, std::string> own;
  // File of --json-request.
  std::optional<std::string> json_request;
  // Of --count, for verbs whose answers keep coming.
  std::optional<std::string> count;
  // File of --messages, for verbs whose requests keep coming.
  std::optional<std::string> messages;
  // Position or time of --at.
  std::optional<std::string> at;
  // Likewise, of a period.
  std::optional<std::string> from;
  std::optional<std::string> to;
};

// `arguments` without the program's name. An error is a sentence that says what may be written.
absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments);

// Whether requests of this type are about a moment, so that --at is a flag of theirs.
bool HasMoment(const google::protobuf::Descriptor& request);
// Whether they are about a period, so that --from and --to are.
bool HasPeriod(const google::protobuf::Descriptor& request);

}  // namespace bursar::cli

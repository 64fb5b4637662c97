// What a command line asks for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/request_flags.h"
#include "services/cli/verbs.h"

namespace bursar::cli {

struct CommandLine {
  enum class Kind { kHelp, kVersion, kServe, kAsk };
  Kind kind = Kind::kHelp;
  // For kHelp: about what; empty for everything, "serve", or a noun.
  std::string noun;
  // For kAsk, and for kHelp about one verb; else nullptr.
  const Verb* verb = nullptr;
  // Settings given as flags, by key.
  std::map<std::string, std::string> settings;

  // For kAsk.
  std::vector<std::pair<RequestFlag, std::vector<std::string>>> fields;
  // File of --json-request.
  std::optional<std::string> json_request;
  // Of --count, for verbs whose answers keep coming.
  std::optional<std::string> count;
  // File of --messages, for verbs whose requests keep coming.
  std::optional<std::string> messages;
  // Position or time of --at.
  std::optional<std::string> at;
};

// `arguments` without the program's name. An error is a sentence that says what may be written.
absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments);

// Whether requests of this type are about a moment, so that --at is a flag of theirs.
bool HasMoment(const google::protobuf::Descriptor& request);

}  // namespace bursar::cli

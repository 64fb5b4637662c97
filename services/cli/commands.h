// What the program does by itself, beside serving and asking: copying, verifying and vouching for ledgers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"
#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/verbs.h"
#include "services/cli/world.h"

namespace bursar::cli {

// A command at work.
struct Running {
  // Values of the flags that were written, by name with dashes; "true" for a switch.
  const std::map<std::string, std::string>& flags;
  const Settings& settings;
  const World& world;
  // Whether a signal has asked for the end.
  std::function<bool()> interrupted;

  // Empty where it was not written.
  std::string Flag(const std::string& name) const;
  // The one line that says what was done, or everything about it as JSON.
  void Say(const std::string& sentence, const nlohmann::ordered_json& summary) const;
  // Says what went wrong, and gives back the code that follows from it.
  ExitCode Fail(const absl::Status& error) const;
  ExitCode Misuse(const std::string& sentence) const;
};

struct Command {
  // "backup", "checkpoint sign"
  std::string name;
  // For the list of commands.
  std::string about;
  // For its own help, in paragraphs.
  std::string text;
  // A flag without a placeholder is a switch.
  std::vector<OwnFlag> flags;
  // Goes after "bursar ".
  std::string example;
  ExitCode (*run)(const Running& running);
};

const std::vector<Command>& Commands();

// Has a command do what it does, with SIGINT and SIGTERM asking it to end in order. Call it from the main thread,
// before there are others.
ExitCode RunCommand(const Command& command, const std::map<std::string, std::string>& flags, const Settings& settings,
                    const World& world);

// copy_commands.cc
ExitCode RunExport(const Running& running);
ExitCode RunImport(const Running& running);
ExitCode RunBackup(const Running& running);
ExitCode RunRestore(const Running& running);
// verify_command.cc
ExitCode RunVerify(const Running& running);
// proof_commands.cc
ExitCode RunCheckpointKeygen(const Running& running);
ExitCode RunCheckpointSign(const Running& running);
ExitCode RunProve(const Running& running);

}  // namespace bursar::cli

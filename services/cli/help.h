// What --help prints.
#pragma once

#include <string>

#include "services/cli/commands.h"
#include "services/cli/verbs.h"

namespace bursar::cli {

// Everything there is, the settings with their variables, and how the program ends.
std::string HelpForAll();
std::string HelpForServe();
// The verbs of a noun.
// Of one of the program's own commands, see commands.h; and of several that begin with the same word.
std::string HelpForCommand(const Command& command);
std::string HelpForCommands(const std::string& group);
std::string HelpForNoun(const std::string& noun);
// What the API says about the method, and a flag for every field of its request.
std::string HelpForVerb(const Verb& verb);

}  // namespace bursar::cli

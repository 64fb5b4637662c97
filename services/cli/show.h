// Verbs that do more than one call, or show what they are answered in a way of their own.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/cli/exit_codes.h"
#include "services/cli/verbs.h"
#include "services/cli/world.h"
#include "services/client/client.h"

namespace bursar::cli {

// What such a verb is given.
struct Showing {
  const Verb& verb;
  const Client& client;
  const google::protobuf::Message& request;
  // Values of the verb's own flags that were written, by name with dashes; "true" for a switch.
  const std::map<std::string, std::string>& own;
  const World& world;
  bool json = false;
  // Says what went wrong, and gives back the code.
  std::function<ExitCode(const absl::Status& error, ExitCode code)> fail;

  // Empty where it was not written.
  std::string Own(const std::string& flag) const {
    const auto found = own.find(flag);
    return found == own.end() ? "" : found->second;
  }
};

// An answer, as JSON or as text.
void WriteAnswer(const Showing& showing, const google::protobuf::Message& answer);

ExitCode ShowStatement(const Showing& showing);
ExitCode ShowSpending(const Showing& showing);
ExitCode ShowTop(const Showing& showing);
ExitCode ShowForecast(const Showing& showing);
ExitCode ShowExport(const Showing& showing);

}  // namespace bursar::cli

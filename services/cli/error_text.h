// An error as people and programs read it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/cli/exit_codes.h"
#include "services/cli/request_flags.h"

namespace bursar::cli {

// What was asked, for the advice.
struct Asked {
  // Address of the server; empty for the ledger in this process.
  std::string server;
  // Of a write that may be asked again; empty otherwise.
  std::string request_id;
  // Flags that the request was written with, for naming fields as they were written.
  std::vector<RequestFlag> flags;
};

// The sentence, the reason with its numbers, what to do. Ends with a newline.
std::string ErrorForPeople(const absl::Status& error, const Asked& asked);

// One line of JSON: code, message, reason, metadata, violations, request_id.
std::string ErrorAsJson(const absl::Status& error, const Asked& asked);

// How the program ends on this answer.
ExitCode ExitCodeOf(const absl::Status& error);

}  // namespace bursar::cli

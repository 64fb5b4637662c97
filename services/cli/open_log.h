// The log that a command reads: of a folder, or of a server.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/archive/log_source.h"
#include "services/cli/commands.h"

namespace bursar::cli {

// Opens the folder of data_dir to read only, where that is set in a place that wins over that of server; else asks the
// server. Errors are sentences.
absl::StatusOr<std::unique_ptr<LogSource>> OpenLogToRead(const Running& running);

// The folder that OpenLogToRead opens; empty for a server.
std::string FolderRead(const Running& running);

}  // namespace bursar::cli

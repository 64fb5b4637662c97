// Opening a data folder: what `serve` and the command line without a server have in common.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"
#include "services/server/server.h"

namespace bursar::cli {

// Shows how far reading the log has come. The process ends with kDataUnavailable when the log can no longer be written.
absl::StatusOr<std::unique_ptr<Server>> OpenStore(Server::Options options, const World& world);

// Where a manual clock begins, as the settings have it; empty for the system's clock.
absl::StatusOr<std::optional<absl::Time>> ManualClockOf(const Settings& settings, const World& world);

// How the program ends where the store cannot be opened.
ExitCode ExitCodeOfStore(const absl::Status& error);

}  // namespace bursar::cli

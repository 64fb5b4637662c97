#include "services/cli/store.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "services/cli/progress.h"

namespace bursar::cli {

absl::StatusOr<std::unique_ptr<Server>> OpenStore(Server::Options options, const World& world) {
  Progress progress("Reading the log", world.err, world.err_is_terminal);
  options.on_replay = [&progress, &world, then = std::move(options.on_replay)](Position done, Position all) {
    progress.Show(done, all, world.now());
    if (then) then(done, all);
  };
  options.on_failure = [](const absl::Status& error) {
    std::fprintf(
        stderr,
        "Error: The log cannot be written: %s\n"
        "Bursar ends here. What it answered is kept; what it did not answer may or may not have happened. Start "
        "it again when the disk is well.\n",
        std::string(error.message()).c_str());
    std::_Exit(kDataUnavailable);
  };
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(std::move(options));
  progress.Finish();
  return server;
}

ExitCode ExitCodeOfStore(const absl::Status& error) {
  if (absl::IsInvalidArgument(error) || absl::IsNotFound(error)) return kMisuse;
  return absl::IsDataLoss(error) ? kDataDamaged : kDataUnavailable;
}

}  // namespace bursar::cli

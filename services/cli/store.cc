#include "services/cli/store.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"
#include "services/cli/progress.h"
#include "services/cli/values.h"

namespace bursar::cli {

absl::StatusOr<std::unique_ptr<Server>> OpenStore(Server::Options options, const World& world) {
  Progress progress("Reading the log", world.err, world.err_is_terminal);
  Progress checking("Checking the log and its second copy", world.err, world.err_is_terminal);
  options.on_verify = [&checking, &world, then = std::move(options.on_verify)](Position done, Position all) {
    checking.Show(done, all, world.now());
    if (then) then(done, all);
  };
  options.on_replay = [&progress, &world, then = std::move(options.on_replay)](Position done, Position all) {
    progress.Show(done, all, world.now());
    if (then) then(done, all);
  };
  options.warn = [&world](const std::string& sentence) { world.err << "Warning: " << sentence << "\n" << std::flush; };
  options.on_failure = [](const absl::Status& error) {
    if (BURSAR_PLANTED(goes_on_after_failure)) return;
    std::fprintf(
        stderr,
        "Error: The log cannot be written: %s\n"
        "Bursar ends here. What it answered is kept; what it did not answer may or may not have happened. Start "
        "it again when the disk is well.\n",
        std::string(error.message()).c_str());
    std::_Exit(kDataUnavailable);
  };
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(std::move(options));
  checking.Finish();
  progress.Finish();
  return server;
}

absl::StatusOr<std::optional<absl::Time>> ManualClockOf(const Settings& settings, const World& world) {
  const std::string start = settings.Text("clock_start");
  const bool manual = settings.Text("clock") == "manual";
  if (!manual && !start.empty()) {
    return absl::InvalidArgumentError(
        "--clock-start is for a manual clock: write --clock=manual too, or leave it out.");
  }
  if (!manual) return std::optional<absl::Time>();
  if (start.empty()) return std::optional<absl::Time>(world.now());
  const absl::StatusOr<absl::Time> time = ReadTime(start, world.now());
  if (!time.ok()) return absl::InvalidArgumentError(absl::StrCat("--clock-start: ", time.status().message()));
  return std::optional<absl::Time>(*time);
}

ExitCode ExitCodeOfStore(const absl::Status& error) {
  if (absl::IsInvalidArgument(error) || absl::IsNotFound(error) || absl::IsAlreadyExists(error)) return kMisuse;
  return absl::IsDataLoss(error) ? kDataDamaged : kDataUnavailable;
}

}  // namespace bursar::cli

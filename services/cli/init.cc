#include "services/cli/init.h"

#include <string>

#include "ledger/store/store.h"
#include "services/cli/progress.h"
#include "services/cli/store.h"

namespace bursar::cli {

ExitCode Init(const Settings& settings, bool adopt, const World& world) {
  const std::string folder = settings.Text("data_dir");
  if (folder.empty()) {
    world.err << "Error: --data-dir is missing: the folder to make the ledger in, for example --data-dir ./ledger.\n";
    return kMisuse;
  }
  Progress progress("Checking the log", world.err, world.err_is_terminal);
  const Store::Options options{
      .folder = folder,
      .journal_folder = settings.Text("journal_dir"),
      .on_verify = [&](Position done, Position all) { progress.Show(done, all, world.now()); },
  };
  const absl::Status made = adopt ? Store::Adopt(options) : Store::Make(options);
  progress.Finish();
  if (!made.ok()) {
    world.err << "Error: " << made.message() << "\n";
    return ExitCodeOfStore(made);
  }
  world.out << (adopt ? "The ledger in " : "An empty ledger was made in ") << folder
            << (adopt ? " has its second copy now." : ".") << " Start it: bursar serve --data-dir " << folder << "\n";
  return kDone;
}

}  // namespace bursar::cli

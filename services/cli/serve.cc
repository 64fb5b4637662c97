#include "services/cli/serve.h"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/store.h"
#include "services/cli/values.h"
#include "services/server/server.h"

namespace bursar::cli {
namespace {

// SIGTERM and SIGINT, kept from all threads until somebody waits for them.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  bool Pending() const {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
  }

  // Returns at the first; the second then ends the process.
  void Wait() {
    int signal = 0;
    sigwait(&signals_, &signal);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }

 private:
  sigset_t signals_;
};

std::string AddressOf(const Server& server, const std::string& listen) {
  if (absl::StartsWith(listen, "unix:")) return listen;
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", server.port());
}

// 1203412 -> "1,203,412"
std::string Grouped(Position number) {
  std::string text = absl::StrCat(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string BeganWith(const Ledger& ledger) {
  const Ledger::Recovery& recovery = ledger.recovery();
  const Position position = recovery.checkpoint + recovery.replayed;
  if (position == 0) return "an empty ledger";
  const std::string from = recovery.checkpoint == 0
                               ? absl::StrCat("from all ", Grouped(recovery.replayed), " entries")
                               : absl::StrCat("from the checkpoint at ", Grouped(recovery.checkpoint), " and ",
                                              Grouped(recovery.replayed), " entries after it");
  return absl::StrCat("position ", position, ", ", from);
}

void SayManualClock(const Ledger& ledger, const World& world) {
  ledger.Read([&](const State&, absl::Time now) {
    world.out << "*** THE CLOCK IS MANUAL: it stands at " << WriteTime(now)
              << " until `bursar clock advance` moves it. Not for real money. ***\n"
              << std::flush;
  });
}

}  // namespace

ExitCode Serve(const Settings& settings, const World& world) {
  const std::string folder = settings.Text("data_dir");
  if (folder.empty()) {
    world.err
        << "Error: --data-dir is missing: the folder in which the ledger is kept, for example --data-dir ./ledger.\n";
    return kMisuse;
  }
  const auto manual_clock = ManualClockOf(settings, world);
  if (!manual_clock.ok()) {
    world.err << "Error: " << manual_clock.status().message() << "\n";
    return kMisuse;
  }
  StopSignals signals;
  // A log line that nobody reads must not end the server.
  std::signal(SIGPIPE, SIG_IGN);
  const auto stop_if_told = [&signals](Position, Position) {
    // Nothing is answered yet, so there is nothing to drain.
    if (signals.Pending()) std::_Exit(kDone);
  };
  const absl::Time start = world.now();
  absl::StatusOr<std::unique_ptr<Server>> started =
      OpenStore({.data_folder = folder,
                 .journal_folder = settings.Text("journal_dir"),
                 .ballast_bytes = static_cast<uint64_t>(settings.Whole("ballast_bytes")),
                 .on_verify = stop_if_told,
                 .disk_low_bytes = static_cast<uint64_t>(settings.Whole("disk_low_bytes")),
                 .address = settings.Text("listen"),
                 .insecure = settings.Switch("insecure"),
                 .manual_clock = *manual_clock,
                 .checkpoint_every = static_cast<Position>(settings.Whole("checkpoint_every")),
                 .on_replay = stop_if_told,
                 .queue_capacity = static_cast<size_t>(settings.Whole("queue_capacity")),
                 .group_capacity = static_cast<size_t>(settings.Whole("group_capacity"))},
                world);
  if (!started.ok()) {
    world.err << "Error: " << started.status().message() << "\n";
    return ExitCodeOfStore(started.status());
  }
  Server& server = **started;
  world.out << absl::StrFormat("Bursar serves %s at %s (%s, ready after %.2f s)\n", folder,
                               AddressOf(server, settings.Text("listen")), BeganWith(server.ledger()),
                               absl::ToDoubleSeconds(world.now() - start))
            << std::flush;
  if (server.ledger().clock_is_manual()) SayManualClock(server.ledger(), world);

  signals.Wait();
  world.err << "Stopping: no new calls, answers to all that wait. A second signal ends it at once.\n" << std::flush;
  server.Drain(settings.Duration("drain_timeout"));
  const Position position = server.ledger().log().Last().position;
  // Closes the ledger, which may write a checkpoint.
  started->reset();
  world.err << "Stopped at position " << position << ".\n" << std::flush;
  return kDone;
}

}  // namespace bursar::cli

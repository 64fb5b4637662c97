#include "services/cli/connection.h"

#include "services/api/call_log.h"
#include "services/cli/store.h"

namespace bursar::cli {
namespace {

// About a second: enough for a server that restarts, and not long for a person.
constexpr int kAttempts = 5;

}  // namespace

absl::StatusOr<Connection> Connection::Open(const Settings& settings, const World& world) {
  const bool folder_named = !settings.Text("data_dir").empty();
  if (folder_named && settings.SourceOf("data_dir") == settings.SourceOf("server")) {
    return absl::InvalidArgumentError(
        "Both a server and a data folder are named. A running server is asked with --server; --data-dir opens a folder "
        "that no server uses. Write one of them.");
  }
  Connection connection;
  Client::Options options{
      .principal = settings.Text("as"), .timeout = settings.Duration("timeout"), .attempts = kAttempts};
  if (!folder_named || settings.SourceOf("server") > settings.SourceOf("data_dir")) {
    connection.server_ = settings.Text("server");
    connection.client_ = std::make_unique<Client>(NewChannel(connection.server_), std::move(options));
    return connection;
  }
  // The one who asks reads the error itself.
  SetCallLog(false);
  const auto manual_clock = ManualClockOf(settings, world);
  if (!manual_clock.ok()) return manual_clock.status();
  absl::StatusOr<std::unique_ptr<Server>> embedded = OpenStore({.data_folder = settings.Text("data_dir"),
                                                                .create_if_missing = settings.Switch("create"),
                                                                .journal_folder = settings.Text("journal_dir"),
                                                                .manual_clock = *manual_clock},
                                                               world);
  if (!embedded.ok()) return embedded.status();
  connection.embedded_ = *std::move(embedded);
  connection.client_ = std::make_unique<Client>(connection.embedded_->InProcessChannel(), std::move(options));
  return connection;
}

std::optional<Position> Connection::end() const {
  if (embedded_ == nullptr) return std::nullopt;
  return embedded_->ledger().log().Last().position;
}

}  // namespace bursar::cli

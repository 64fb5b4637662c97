// Whom to ask: a server, or the ledger of a folder, opened in this process. The same code answers in both.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "services/cli/exit_codes.h"
#include "services/cli/settings.h"
#include "services/cli/world.h"
#include "services/client/client.h"
#include "services/server/server.h"

namespace bursar::cli {

class Connection {
 public:
  // Opens the folder where data_dir is set in a place that wins over that of server, else only notes the server;
  // INVALID_ARGUMENT where both are set in the same place.
  static absl::StatusOr<Connection> Open(const Settings& settings, const World& world);

  const Client& client() const { return *client_; }
  // Address of the server; empty for a folder.
  const std::string& server() const { return server_; }
  // The last entry of the folder, beyond which nothing will come; nullopt for a server.
  std::optional<Position> end() const;

 private:
  Connection() = default;

  std::string server_;
  // Ends after the client that calls it.
  std::unique_ptr<Server> embedded_;
  std::unique_ptr<Client> client_;
};

}  // namespace bursar::cli

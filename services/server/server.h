// Bursar running: the log of a data folder, the ledger on it, and the doors in front of it. The server program, the
// command line without a server, the tests and the demo all hold one of these.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/clock.h"
#include "ledger/engine/ledger.h"
#include "services/api/calls.h"

namespace grpc {
class Channel;
}

namespace bursar {

// Thread-safe.
class Server {
 public:
  struct Options {
    // Holds a Store, projections/, checkpoints/ and link.key; empty keeps everything in memory.
    std::string data_folder;
    // Make the store where it is missing: a wrong path must not look like an empty ledger.
    bool create_if_missing = false;
    // As in Store::Options.
    std::string journal_folder;
    uint64_t ballast_bytes = 0;
    std::function<void(Position done, Position all)> on_verify;
    // With fewer bytes free on the disks, only what ends something is taken; with half of it only captures and
    // releases.
    uint64_t disk_low_bytes = 0;
    // As in "127.0.0.1:7070", port 0 for any free one; empty listens nowhere. Callers name themselves, so that only
    // addresses of this machine are allowed, unless `insecure`.
    std::string address;
    bool insecure = false;
    // Outlives the server; the system's, steadied, where it is null.
    Clock* clock = nullptr;
    // As in Ledger::Options. Answers of the health service then carry the metadata `bursar-clock: manual`.
    std::optional<absl::Time> manual_clock;
    // As in Ledger::Options; without a data folder there are no checkpoints. Without `warn` it goes to the error
    // stream.
    Position checkpoint_every = 0;
    Warn warn;
    // As in Ledger::Options. Without `on_failure` the process ends, which is what a server should do.
    std::function<void(const absl::Status&)> on_failure;
    std::function<void(Position done, Position all)> on_replay;
    size_t queue_capacity = 65'536;
    size_t group_capacity = 4'096;
  };

  // An error is a sentence for the person who starts it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);
  // As Drain, without waiting for calls that do not end.
  ~Server();

  // Takes no new calls, ends those that stream, and lets the others end, for as long as `grace`. Idempotent.
  void Drain(absl::Duration grace);

  // A way in from this process that needs no port.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // The port listened at; 0 for none.
  int port() const;

  Ledger& ledger();
  const LinkKey& link_key() const;
  std::vector<Calls::Count> Counts() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace bursar

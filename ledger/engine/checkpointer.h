// Writes checkpoints while the ledger runs: a thread of its own, with a state of its own that is read from the last
// checkpoint and followed through the log, so that nobody waits for it. It lets go of that state when it is written.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/engine/pipeline.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Thread-safe.
class Checkpointer {
 public:
  struct Options {
    // Outlives the checkpointer.
    const EventLog* log = nullptr;
    std::string folder;
    // A checkpoint after so many entries; 0: only where one is asked for.
    Position every = 0;
    // Told where one could not be written; the next is tried after as many entries again.
    Warn warn;
    // Without a thread of its own: it works in Turn only.
    bool stepped = false;
  };
  // With the position that the checkpoint holds.
  using Done = std::function<void(absl::StatusOr<Position>)>;

  // `last` is the position of the newest checkpoint that was of use.
  Checkpointer(Options options, Position last);
  // Gives up what is being written; who waits for it is told UNAVAILABLE.
  ~Checkpointer();

  // The log is durable up to there.
  void Reached(Position durable);

  // Writes one as of what is durable now. `done` is called once, by whoever writes it or by the end.
  void Write(Done done);

  // Writes one where one is due or asked for. False where there was nothing to do; with patience, where there never
  // will be again. By one thread at a time.
  bool Turn(Patience patience);

 private:
  bool AwaitWork(std::vector<Done>& asked, Patience patience);
  absl::StatusOr<Position> WriteOne();
  bool stopping();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Position durable_;
  Position last_;
  std::vector<Done> asked_;
  bool stopping_ = false;
  // The last member: it uses the others.
  std::thread thread_;
};

}  // namespace bursar

// The clients of a trial, each a thread that asks without pause.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/nemesis/world.h"

namespace bursar::nemesis {

// The world and the connection outlive the callers.
class Callers {
 public:
  Callers(World& world, Connection& connection, int clients, uint64_t seed);
  ~Callers();
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Begins nothing new; waits until what was asked has been answered, for `bound` at most while a server is there.
  void Finish(absl::Duration bound);

 private:
  void Run(int client, laws::Dice dice);
  // Until it is known what came of it, or nobody wants to know any more.
  void AskUntilKnown(int client, const Wish& wish, laws::Dice& dice);

  World& world_;
  Connection& connection_;
  std::atomic<bool> finishing_ = false;
  std::atomic<int> running_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace bursar::nemesis

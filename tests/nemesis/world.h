// A small world in which many clients want the same money: few accounts, limits that run out.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/laws/dice.h"
#include "tests/nemesis/connection.h"
#include "tests/nemesis/history.h"

namespace bursar::nemesis {

// Of one unit of usage.
inline constexpr int64_t kPriceMicros = 1'000;

// What somebody is to ask.
struct Wish {
  std::string principal;
  std::shared_ptr<const Message> request;
};

// Thread-safe.
class World {
 public:
  // One request in `repeats_one_in` is one that somebody made shortly before: perhaps just now, and not yet answered.
  World(int accounts, int repeats_one_in, History& history, Connection& connection);

  // Makes people and policy, each account with a limit. The server is there; false where it does not take part.
  bool SetUp();

  // What a client asks next. Draws all that it chooses from `dice`.
  Wish Next(laws::Dice& dice, int client);
  // What an answer tells of: holds that can be asked for.
  void Learn(const Message& answer);

  // Asks once, as `client`, and writes down what came of it.
  absl::StatusOr<std::shared_ptr<const Message>> Ask(const Connection::Line& line, int client, const Wish& wish);

 private:
  Wish NewWish(laws::Dice& dice, int client);
  std::string NewId(int client);
  std::string SomeHold(laws::Dice& dice, bool takes_it);

  std::vector<std::string> accounts_;
  const int repeats_one_in_;
  History& history_;
  Connection& connection_;
  mutable std::mutex mutex_;
  std::vector<std::string> holds_;
  std::deque<Wish> recent_;
  uint64_t ids_ = 0;
};

}  // namespace bursar::nemesis

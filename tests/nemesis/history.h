// What every client asked the server, when, and what came of it: the evidence that the checkers judge.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "ledger/base/ids.h"

namespace bursar::nemesis {

using Message = google::protobuf::Message;

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

enum class Outcome {
  // Nobody knows whether it happened: no answer came, or one that does not say.
  kUnknown,
  kAnswered,
  // The server said that nothing happened, and why.
  kRefused,
};

// One attempt of one client.
struct Call {
  int client = 0;
  std::string principal;
  std::shared_ptr<const Message> request;
  // Nanoseconds on the steady clock of this process.
  int64_t invoked = 0;
  int64_t returned = kNever;
  Outcome outcome = Outcome::kUnknown;
  // Set where it was answered.
  std::shared_ptr<const Message> answer;
  // The error where there was one.
  absl::Status error;
};

int64_t SteadyNow();

// The id by which a write is known in the log; empty for reads.
std::string RequestIdOf(const Message& request);

// The entry that an answer names, as written or as what it was read from; 0 for none.
Position PositionOf(const Message& answer);

// The reason that a refusal publishes; empty where it has none, and so may be no refusal of the server's.
std::string ReasonOf(const absl::Status& error);

// Thread-safe. Each call is written to the file before it is sent, and what came of it before anybody acts on that, so
// that the evidence survives whatever happens to this process.
class History {
 public:
  // Makes the file; ends the process where it cannot.
  explicit History(const std::string& file);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The number of the call that begins now.
  size_t Invoke(int client, const std::string& principal, std::shared_ptr<const Message> request);
  void Return(size_t call, const absl::StatusOr<std::shared_ptr<const Message>>& answer);

  size_t size() const;
  std::vector<Call> Calls() const;

 private:
  void Write(const std::string& line) const;

  const int file_;
  mutable std::mutex mutex_;
  std::vector<Call> calls_;
};

}  // namespace bursar::nemesis

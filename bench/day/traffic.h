// Calls to the server: many at once, few enough to be polite, and in order where order matters.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "services/client/client.h"

namespace bursar::day {

// Tasks that share a lane happen one after the other; those without one, whenever there is room.
using Lane = std::optional<uint64_t>;

// A task's place in its lane. The next one begins when the last copy is gone.
using Turn = std::shared_ptr<void>;

// Everything here, tasks and answers too, runs on the thread that calls it; only the network is elsewhere.
class Traffic {
 public:
  struct Options {
    std::string server;
    int connections = 4;
    int most_outstanding = 256;
  };

  explicit Traffic(Options options);
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  // After Drain.
  ~Traffic();

  // Begins when there is room. A task calls and keeps its turn in what it hands to Call.
  void Queue(Lane lane, std::function<void(Turn)> task);

  // Hands the answer to `then`, in a later call of this object. "" calls as nobody in particular.
  template <class Response, class Request>
  void Call(const std::string& principal, Request request, std::function<void(absl::StatusOr<Response>)> then) {
    auto* pending = new PendingCall<Response>();
    pending->then = std::move(then);
    pending->method = Response::descriptor();
    pending->sent = absl::Now();
    ++outstanding_;
    ClientOf(principal).CallAsync<Response>(std::move(request), pending->sent + kTimeout,
                                            [this, pending](absl::StatusOr<Response> answer) {
                                              pending->answered = absl::Now();
                                              pending->answer = std::move(answer);
                                              Arrive(std::unique_ptr<Pending>(pending));
                                            });
  }

  // Takes in answers until there is room for another task.
  void WaitForRoom();
  // Takes in answers until all tasks are done.
  void Drain();

  // Called ten times a second or so while waiting.
  void set_on_tick(std::function<void()> on_tick) { on_tick_ = std::move(on_tick); }

  // Calls answered so far, of any method.
  int64_t answered() const { return answered_; }
  // From sending to the answer, of all calls of one method so far, unordered; in microseconds.
  const std::vector<uint32_t>& Latencies(const google::protobuf::Descriptor* response) { return latencies_[response]; }

 private:
  static constexpr absl::Duration kTimeout = absl::Minutes(2);

  struct Pending {
    virtual ~Pending() = default;
    virtual void Finish() = 0;
    const google::protobuf::Descriptor* method = nullptr;
    absl::Time sent;
    absl::Time answered;
  };
  template <class Response>
  struct PendingCall : Pending {
    void Finish() override { then(*std::move(answer)); }
    std::function<void(absl::StatusOr<Response>)> then;
    std::optional<absl::StatusOr<Response>> answer;
  };
  struct Task {
    Lane lane;
    std::function<void(Turn)> run;
  };

  const Client& ClientOf(const std::string& principal);
  // From any thread.
  void Arrive(std::unique_ptr<Pending> call);
  // Waits for answers and takes them in, then begins what may begin.
  void TakeInAnswers();
  void BeginReady();
  void EndTurn(Lane lane);

  const Options options_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  // One per connection for staff and services, who call most; one for each user.
  std::map<std::string, std::vector<std::unique_ptr<Client>>> clients_;
  uint64_t next_connection_ = 0;

  // Lanes with a task that has begun or is ready; those waiting behind it.
  std::unordered_map<uint64_t, std::deque<Task>> lanes_;
  std::deque<Task> ready_;
  size_t unfinished_ = 0;
  int outstanding_ = 0;

  std::function<void()> on_tick_;
  absl::Time last_tick_;
  int64_t answered_ = 0;
  std::map<const google::protobuf::Descriptor*, std::vector<uint32_t>> latencies_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<Pending>> arrivals_;  // guarded by mutex_
};

}  // namespace bursar::day

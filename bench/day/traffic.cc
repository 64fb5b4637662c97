#include "bench/day/traffic.h"

#include <chrono>

#include "absl/strings/match.h"

namespace bursar::day {
namespace {

// So many tasks may wait in lanes for each call on its way: enough that a busy lane does not keep the others idle.
constexpr size_t kTasksPerCall = 8;

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

Traffic::Traffic(Options options) : options_(std::move(options)) {
  for (int i = 0; i < options_.connections; ++i) channels_.push_back(NewChannel(options_.server));
}

Traffic::~Traffic() = default;

void Traffic::Queue(Lane lane, std::function<void(Turn)> task) {
  ++unfinished_;
  if (lane.has_value()) {
    const auto [waiting, is_free] = lanes_.try_emplace(*lane);
    if (!is_free) {
      waiting->second.push_back({lane, std::move(task)});
      return;
    }
  }
  ready_.push_back({lane, std::move(task)});
}

void Traffic::EndTurn(Lane lane) {
  --unfinished_;
  if (!lane.has_value()) return;
  const auto waiting = lanes_.find(*lane);
  if (waiting->second.empty()) {
    lanes_.erase(waiting);
    return;
  }
  ready_.push_back(std::move(waiting->second.front()));
  waiting->second.pop_front();
}

void Traffic::BeginReady() {
  while (!ready_.empty() && outstanding_ < options_.most_outstanding) {
    const Task task = std::move(ready_.front());
    ready_.pop_front();
    task.run(Turn(nullptr, [this, lane = task.lane](void*) { EndTurn(lane); }));
  }
}

void Traffic::WaitForRoom() {
  BeginReady();
  while (unfinished_ >= kTasksPerCall * static_cast<size_t>(options_.most_outstanding)) TakeInAnswers();
}

void Traffic::Drain() {
  BeginReady();
  while (unfinished_ > 0 || outstanding_ > 0) TakeInAnswers();
}

void Traffic::TakeInAnswers() {
  std::vector<std::unique_ptr<Pending>> arrivals;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait_for(lock, kTick, [this] { return !arrivals_.empty(); });
    arrivals.swap(arrivals_);
  }
  for (std::unique_ptr<Pending>& call : arrivals) {
    --outstanding_;
    ++answered_;
    latencies_[call->method].push_back(static_cast<uint32_t>(absl::ToInt64Microseconds(call->answered - call->sent)));
    call->Finish();
    call.reset();
  }
  BeginReady();
  const absl::Time now = absl::Now();
  if (on_tick_ && now - last_tick_ >= absl::FromChrono(kTick)) {
    last_tick_ = now;
    on_tick_();
  }
}

void Traffic::Arrive(std::unique_ptr<Pending> call) {
  const std::lock_guard<std::mutex> lock(mutex_);
  arrivals_.push_back(std::move(call));
  arrived_.notify_one();
}

const Client& Traffic::ClientOf(const std::string& principal) {
  std::vector<std::unique_ptr<Client>>& clients = clients_[principal];
  const size_t most = absl::StartsWith(principal, "user-") ? 1 : channels_.size();
  if (clients.size() < most) {
    const std::shared_ptr<grpc::Channel>& channel = channels_[next_connection_++ % channels_.size()];
    clients.push_back(std::make_unique<Client>(channel, Client::Options{.principal = principal}));
    return *clients.back();
  }
  return *clients[next_connection_++ % clients.size()];
}

}  // namespace bursar::day

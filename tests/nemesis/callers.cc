#include "tests/nemesis/callers.h"

#include "absl/time/clock.h"

namespace bursar::nemesis {
namespace {

// One unanswered request in so many is never asked for again: it happened once, or never.
constexpr int kForgottenOneIn = 12;

bool IsKnown(const absl::Status& status) {
  return status.ok() || (!ReasonOf(status).empty() && !absl::IsUnavailable(status));
}

}  // namespace

Callers::Callers(World& world, Connection& connection, int clients, uint64_t seed)
    : world_(world), connection_(connection), running_(clients) {
  for (int client = 0; client < clients; ++client) {
    threads_.emplace_back([this, client, seed] {
      Run(client, laws::Dice(seed * 1'000 + static_cast<uint64_t>(client)));
      --running_;
    });
  }
}

Callers::~Callers() {
  finishing_ = true;
  connection_.Close();
  for (std::thread& thread : threads_) thread.join();
}

void Callers::Finish(absl::Duration bound) {
  finishing_ = true;
  const absl::Time deadline = absl::Now() + bound;
  while (running_ > 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
}

void Callers::Run(int client, laws::Dice dice) {
  while (!finishing_) AskUntilKnown(client, world_.Next(dice, client), dice);
}

void Callers::AskUntilKnown(int client, const Wish& wish, laws::Dice& dice) {
  Connection::Line line = connection_.Await(0);
  while (line.channel != nullptr) {
    const auto answer = world_.Ask(line, client, wish);
    if (answer.ok()) return world_.Learn(**answer);
    // A read that failed has no effect to ask for.
    const bool is_write = !RequestIdOf(*wish.request).empty();
    if (IsKnown(answer.status()) || !is_write || dice.OneIn(kForgottenOneIn)) {
      if (absl::IsUnavailable(answer.status())) connection_.Await(line.server);
      return;
    }
    // A server that only was too slow is asked again; one that is gone has a successor soon.
    line = connection_.Await(absl::IsDeadlineExceeded(answer.status()) ? 0 : line.server);
  }
}

}  // namespace bursar::nemesis

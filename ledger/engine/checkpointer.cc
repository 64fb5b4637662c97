#include "ledger/engine/checkpointer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/engine/state_at.h"

namespace bursar {

Checkpointer::Checkpointer(Options options, Position last) : options_(std::move(options)), durable_(last), last_(last) {
  if (options_.stepped) return;
  thread_ = std::thread([this] {
    while (Turn(Patience::kWaits)) {
    }
  });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (const Done& done : asked_) done(absl::UnavailableError("The ledger is closing."));
}

void Checkpointer::Reached(Position durable) {
  bool due = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    durable_ = durable;
    due = options_.every > 0 && durable_ - last_ >= options_.every;
  }
  if (due) changed_.notify_one();
}

void Checkpointer::Write(Done done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    asked_.push_back(std::move(done));
  }
  changed_.notify_one();
}

bool Checkpointer::Turn(Patience patience) {
  std::vector<Done> asked;
  if (!AwaitWork(asked, patience)) return false;
  absl::StatusOr<Position> written = WriteOne();
  if (!written.ok() && !absl::IsCancelled(written.status()) && options_.warn) {
    options_.warn(absl::StrCat("No checkpoint was written: ", written.status().message()));
  }
  for (const Done& done : asked) done(written);
  return true;
}

// `asked` are those who wait for a checkpoint.
bool Checkpointer::AwaitWork(std::vector<Done>& asked, Patience patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto has_come = [this] {
    return stopping_ || !asked_.empty() || (options_.every > 0 && durable_ - last_ >= options_.every);
  };
  if (patience == Patience::kNone && !has_come()) return false;
  changed_.wait(lock, has_come);
  if (stopping_) return false;
  std::swap(asked, asked_);
  return true;
}

absl::StatusOr<Position> Checkpointer::WriteOne() {
  // The end of a block, and durable.
  const LogEnd end = options_.log->Last();
  const Interrupted interrupted = [this] { return stopping(); };
  absl::StatusOr<State> state = StateAt(*options_.log, options_.folder, end.position, interrupted);
  absl::Status written =
      state.ok() ? WriteCheckpoint(options_.folder, *state, end, interrupted) : absl::Status(state.status());
  const std::lock_guard<std::mutex> lock(mutex_);
  last_ = std::max(last_, end.position);
  durable_ = std::max(durable_, end.position);
  if (!written.ok()) return written;
  return end.position;
}

bool Checkpointer::stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stopping_;
}

}  // namespace bursar

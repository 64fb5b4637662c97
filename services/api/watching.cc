#include "services/api/watching.h"

#include "absl/time/clock.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

// Of a message; one entry may go beyond.
constexpr size_t kMessageBytes = 64 * 1024;
// Of what has not left: beyond it the watcher has no room.
constexpr size_t kMostUnsentBytes = 4 * kMessageBytes;
constexpr size_t kMostUnsent = 64;

}  // namespace

void Watching::Receive(absl::string_view request) {
  auto watch = open_(request);
  if (!watch.ok()) return out_->End(watch.status());
  watch_ = *std::move(watch);
  const Position from = watch_->from();
  // At once, so that the client knows where it stands.
  Tell(from - 1);
  feed_.Add(shared_from_this(), from);
}

void Watching::HalfClosed() { out_->End(InvalidField("request", "has to be there")); }

void Watching::Sent() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsent_bytes_ -= unsent_.front();
    unsent_.pop_front();
    // Half empty, so that it is not woken for every message.
    if (!awaited_ || unsent_.size() > kMostUnsent / 2 || unsent_bytes_ > kMostUnsentBytes / 2) return;
    awaited_ = false;
  }
  feed_.Resume(*this);
}

void Watching::Closed() {
  feed_.Remove(*this);
  out_->End(absl::CancelledError("The client has gone."));
}

bool Watching::HasRoom() {
  const std::lock_guard<std::mutex> lock(mutex_);
  awaited_ = unsent_.size() >= kMostUnsent || unsent_bytes_ >= kMostUnsentBytes;
  return !awaited_;
}

void Watching::Take(const storage::v1::Entry& entry) {
  bytes_at_hand_ += watch_->Take(entry);
  const bool far = entry.position() - told_ >= options_.most_untold;
  if (far || bytes_at_hand_ >= kMessageBytes) Tell(entry.position());
}

void Watching::CaughtUp(Position position) {
  const bool first = !std::exchange(was_caught_up_, true);
  // It may wait for an entry that is still far away.
  if (position <= told_) return;
  if (bytes_at_hand_ > 0 || first || absl::Now() - told_time_ >= options_.progress_interval) Tell(position);
}

void Watching::Failed(const absl::Status& status) { out_->End(status); }

void Watching::Tell(Position position) {
  if (const absl::Status status = watch_->MayGoOn(); !status.ok()) {
    feed_.Remove(*this);
    return out_->End(status);
  }
  std::string message = watch_->Complete(position);
  bytes_at_hand_ = 0;
  told_ = position;
  told_time_ = absl::Now();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsent_.push_back(message.size());
    unsent_bytes_ += message.size();
  }
  out_->Send(std::move(message));
}

}  // namespace bursar

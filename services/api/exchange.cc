#include "services/api/exchange.h"

#include <utility>

namespace bursar {
namespace {

// Of messages that are not answered, and of answers that have not left.
constexpr size_t kMostMessages = 256;
// Beyond so many bytes of both nothing more is read; the last message read may be as large as a message can be.
constexpr size_t kMostBytes = 1 << 20;

}  // namespace

void Exchange::Receive(absl::string_view message) {
  uint64_t number = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    number = first_ + slots_.size();
    slots_.push_back({.request_bytes = message.size()});
    bytes_ += message.size();
  }
  serve_(
      message,
      [self = shared_from_this(), number](const absl::Status& status, const google::protobuf::Message* response) {
        if (!status.ok()) return self->Answer(number, status);
        self->Answer(number, response->SerializeAsString());
      },
      [self = shared_from_this()] {
        {
          const std::lock_guard<std::mutex> lock(self->mutex_);
          self->reading_ = false;
        }
        self->WantIfThereIsRoom();
      });
}

void Exchange::HalfClosed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  half_closed_ = true;
  SendWhatIsNext();
}

void Exchange::Sent() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes_ -= unsent_.front();
    unsent_.pop_front();
  }
  WantIfThereIsRoom();
}

void Exchange::Closed() { out_->End(absl::CancelledError("The client has gone.")); }

void Exchange::WantIfThereIsRoom() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (reading_ || half_closed_ || failed_) return;
    if (slots_.size() + unsent_.size() >= kMostMessages || bytes_ >= kMostBytes) return;
    reading_ = true;
  }
  out_->Want();
}

void Exchange::Answer(uint64_t number, absl::StatusOr<std::string> answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!answer.ok()) failed_ = true;
  slots_[number - first_].answer = std::move(answer);
  SendWhatIsNext();
}

void Exchange::SendWhatIsNext() {
  while (!slots_.empty() && slots_.front().answer.has_value()) {
    // A refusal stays where it is, so that nothing after it is sent.
    if (!slots_.front().answer->ok()) return out_->End(slots_.front().answer->status());
    absl::StatusOr<std::string> answer = *std::move(slots_.front().answer);
    bytes_ = bytes_ - slots_.front().request_bytes + answer->size();
    unsent_.push_back(answer->size());
    slots_.pop_front();
    ++first_;
    out_->Send(*std::move(answer));
  }
  if (half_closed_ && slots_.empty()) out_->End(absl::OkStatus());
}

}  // namespace bursar

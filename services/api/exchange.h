// A bidirectional call: every message is answered by one, in the order in which they came.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/api/call.h"
#include "services/api/stream.h"

namespace bursar {

// Messages are begun one after the other and may be answered at any time; answers wait for those before them. While too
// much is unanswered or unsent, nothing more is read, so that neither a fast nor a slow client costs memory.
class Exchange : public Stream, public std::enable_shared_from_this<Exchange> {
 public:
  // Begins to answer a message; `respond` is called once, from any thread, and `begun` once when the next may begin.
  using Serving = std::function<void(absl::string_view message, Respond respond, std::function<void()> begun)>;

  Exchange(std::shared_ptr<StreamOut> out, Serving serve) : out_(std::move(out)), serve_(std::move(serve)) {}
  // Asks for the first message.
  void Start() { WantIfThereIsRoom(); }

  void Receive(absl::string_view message) override;
  void HalfClosed() override;
  void Sent() override;
  void Closed() override;

 private:
  // A message on its way, the first of them the oldest.
  struct Slot {
    size_t request_bytes = 0;
    // The answer, or why there is none, which ends the stream.
    std::optional<absl::StatusOr<std::string>> answer;
  };

  void WantIfThereIsRoom();
  void Answer(uint64_t number, absl::StatusOr<std::string> answer);
  // Needs mutex_.
  void SendWhatIsNext();

  const std::shared_ptr<StreamOut> out_;
  const Serving serve_;

  std::mutex mutex_;
  std::deque<Slot> slots_;
  // Number of the first slot.
  uint64_t first_ = 0;
  // Sizes of the answers that were sent and have not left yet.
  std::deque<size_t> unsent_;
  // Of requests that are not answered and answers that have not left.
  size_t bytes_ = 0;
  // A message is awaited, or has come and has not begun to be answered.
  bool reading_ = false;
  bool half_closed_ = false;
  // A message could not be answered: none is read after it.
  bool failed_ = false;
};

}  // namespace bursar

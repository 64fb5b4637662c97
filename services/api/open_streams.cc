#include "services/api/open_streams.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/wait.h"
#include "ledger/domain/refusals.h"

namespace bursar {

class OpenStreams::OpenStream : public StreamOut {
 public:
  OpenStream(OpenStreams& streams, std::shared_ptr<StreamOut> out, std::function<void(const absl::Status&)> ended)
      : streams_(streams), out_(std::move(out)), ended_(std::move(ended)) {}
  ~OpenStream() override { streams_.Forget(this); }

  void Want() override { out_->Want(); }
  void Send(std::string message) override { out_->Send(std::move(message)); }
  void End(const absl::Status& status) override {
    if (over_.exchange(true)) return;
    ended_(status);
    out_->End(status);
  }
  void Cut() override { out_->Cut(); }

 private:
  OpenStreams& streams_;
  const std::shared_ptr<StreamOut> out_;
  const std::function<void(const absl::Status&)> ended_;
  std::atomic<bool> over_ = false;
};

absl::StatusOr<std::shared_ptr<StreamOut>> OpenStreams::Add(std::shared_ptr<StreamOut> out,
                                                            std::function<void(const absl::Status&)> ended) {
  auto stream = std::make_shared<OpenStream>(*this, std::move(out), std::move(ended));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ended_) return *ended_;
  if (streams_.size() >= most_) return Overloaded();
  streams_.emplace(stream.get(), stream);
  return stream;
}

void OpenStreams::EndAll(const absl::Status& status, absl::Duration patience) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = status;
  }
  for (const auto& stream : All()) stream->End(status);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    WaitUntil(gone_, lock, absl::Now() + patience, [&] { return streams_.empty(); });
  }
  for (const auto& stream : All()) stream->Cut();
}

std::vector<std::shared_ptr<OpenStreams::OpenStream>> OpenStreams::All() const {
  std::vector<std::shared_ptr<OpenStream>> all;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [key, stream] : streams_) {
    if (auto open = stream.lock()) all.push_back(std::move(open));
  }
  return all;
}

void OpenStreams::Forget(const OpenStream* stream) {
  const std::lock_guard<std::mutex> lock(mutex_);
  streams_.erase(stream);
  if (streams_.empty()) gone_.notify_all();
}

}  // namespace bursar

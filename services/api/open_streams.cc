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
  OpenStream(std::shared_ptr<Registry> registry, std::shared_ptr<StreamOut> out,
             std::function<void(const absl::Status&)> ended)
      : registry_(std::move(registry)), out_(std::move(out)), ended_(std::move(ended)) {}
  ~OpenStream() override {
    const std::lock_guard<std::mutex> lock(registry_->mutex);
    registry_->streams.erase(this);
    if (registry_->streams.empty()) registry_->gone.notify_all();
  }

  void Want() override { out_->Want(); }
  void Send(std::string message) override { out_->Send(std::move(message)); }
  void End(const absl::Status& status) override {
    if (over_.exchange(true)) return;
    ended_(status);
    out_->End(status);
  }
  void Cut() override { out_->Cut(); }

 private:
  const std::shared_ptr<Registry> registry_;
  const std::shared_ptr<StreamOut> out_;
  const std::function<void(const absl::Status&)> ended_;
  std::atomic<bool> over_ = false;
};

absl::StatusOr<std::shared_ptr<StreamOut>> OpenStreams::Add(std::shared_ptr<StreamOut> out,
                                                            std::function<void(const absl::Status&)> ended) {
  auto stream = std::make_shared<OpenStream>(registry_, std::move(out), std::move(ended));
  const std::lock_guard<std::mutex> lock(registry_->mutex);
  if (registry_->ended) return *registry_->ended;
  if (registry_->streams.size() >= most_) return Overloaded();
  registry_->streams.emplace(stream.get(), stream);
  return stream;
}

void OpenStreams::EndAll(const absl::Status& status, absl::Duration patience) {
  {
    const std::lock_guard<std::mutex> lock(registry_->mutex);
    registry_->ended = status;
  }
  for (const auto& stream : All()) stream->End(status);
  {
    std::unique_lock<std::mutex> lock(registry_->mutex);
    WaitUntil(registry_->gone, lock, absl::Now() + patience, [&] { return registry_->streams.empty(); });
  }
  for (const auto& stream : All()) stream->Cut();
}

std::vector<std::shared_ptr<OpenStreams::OpenStream>> OpenStreams::All() const {
  std::vector<std::shared_ptr<OpenStream>> all;
  const std::lock_guard<std::mutex> lock(registry_->mutex);
  for (const auto& [key, weak] : registry_->streams) {
    if (auto stream = weak.lock()) all.push_back(std::move(stream));
  }
  return all;
}

}  // namespace bursar
